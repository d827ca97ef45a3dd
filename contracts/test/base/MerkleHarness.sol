// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Merkle} from "../../src/lib/Merkle.sol";

/// @title The library's functions, callable from outside
contract MerkleHarness {
    function verifyInclusion(bytes32 leaf, uint64 index, uint64 size, bytes32 root, bytes32[] calldata path)
        external
        view
        returns (bool)
    {
        return Merkle.verifyInclusion(leaf, index, size, root, path);
    }

    function verifyConsistency(uint64 size1, bytes32 root1, uint64 size2, bytes32 root2, bytes32[] calldata proof)
        external
        view
        returns (bool)
    {
        return Merkle.verifyConsistency(size1, root1, size2, root2, proof);
    }
}
