// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {MerkleHarness} from "./base/MerkleHarness.sol";
import {Test} from "./base/Test.sol";

/// @title The cases that every implementation of Tem accepts or refuses alike
contract MerkleVectorsTest is Test {
    struct InclusionCase {
        string name;
        string leaf;
        string index;
        string size;
        string root;
        string[] path;
        bool valid;
    }

    struct ConsistencyCase {
        string name;
        string size1;
        string root1;
        string size2;
        string root2;
        string[] proof;
        bool valid;
    }

    string private constant INCLUSION =
        "Case(string name,string leaf,string index,string size,string root,string[] path,bool valid)";
    string private constant CONSISTENCY =
        "Case(string name,string size1,string root1,string size2,string root2,string[] proof,bool valid)";

    MerkleHarness private merkle = new MerkleHarness();

    function test_inclusionVectors() public view {
        string memory json = vm.readFile("tests/vectors/merkle_inclusion.json");
        InclusionCase[] memory cases = abi.decode(vm.parseJsonTypeArray(json, ".cases", INCLUSION), (InclusionCase[]));
        for (uint256 i; i < cases.length; ++i) {
            vm.assertEq(_accepts(cases[i]), cases[i].valid, cases[i].name);
        }
        _requireCount(json, cases.length);
    }

    function test_consistencyVectors() public view {
        string memory json = vm.readFile("tests/vectors/merkle_consistency.json");
        ConsistencyCase[] memory cases =
            abi.decode(vm.parseJsonTypeArray(json, ".cases", CONSISTENCY), (ConsistencyCase[]));
        for (uint256 i; i < cases.length; ++i) {
            vm.assertEq(_accepts(cases[i]), cases[i].valid, cases[i].name);
        }
        _requireCount(json, cases.length);
    }

    function _accepts(InclusionCase memory c) private view returns (bool) {
        if (!_fits(c.index) || !_fits(c.size) || !_isHash(c.leaf) || !_isHash(c.root) || !_areHashes(c.path)) {
            return false; // the contract's types cannot even say it
        }
        return merkle.verifyInclusion(
            vm.parseBytes32(c.leaf),
            uint64(vm.parseUint(c.index)),
            uint64(vm.parseUint(c.size)),
            vm.parseBytes32(c.root),
            _hashes(c.path)
        );
    }

    function _accepts(ConsistencyCase memory c) private view returns (bool) {
        if (!_fits(c.size1) || !_fits(c.size2) || !_isHash(c.root1) || !_isHash(c.root2) || !_areHashes(c.proof)) {
            return false;
        }
        return merkle.verifyConsistency(
            uint64(vm.parseUint(c.size1)),
            vm.parseBytes32(c.root1),
            uint64(vm.parseUint(c.size2)),
            vm.parseBytes32(c.root2),
            _hashes(c.proof)
        );
    }

    function _requireCount(string memory json, uint256 ran) private pure {
        vm.assertTrue(ran > 0);
        vm.assertEq(ran, vm.parseJsonUint(json, ".count"), "not every case was run");
    }

    function _hashes(string[] memory texts) private pure returns (bytes32[] memory hashes) {
        hashes = new bytes32[](texts.length);
        for (uint256 i; i < texts.length; ++i) {
            hashes[i] = vm.parseBytes32(texts[i]);
        }
    }

    function _areHashes(string[] memory texts) private pure returns (bool) {
        for (uint256 i; i < texts.length; ++i) {
            if (!_isHash(texts[i])) return false;
        }
        return true;
    }

    /// @dev Whether it is 0x and 32 bytes in hexadecimal.
    function _isHash(string memory text) private pure returns (bool) {
        return bytes(text).length == 66;
    }

    /// @dev Whether it is a number below 2^64; vectors go beyond, and below 0.
    function _fits(string memory number) private pure returns (bool) {
        return bytes(number)[0] != "-" && vm.parseUint(number) <= type(uint64).max;
    }
}
