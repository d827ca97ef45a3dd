// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {MerkleHarness} from "./base/MerkleHarness.sol";
import {ReferenceTree} from "./base/ReferenceTree.sol";
import {Test} from "./base/Test.sol";

/// @title Proofs against a reference tree
contract MerkleTest is Test {
    using ReferenceTree for bytes32[];

    MerkleHarness private merkle = new MerkleHarness();

    // ------------------------------------------------------------------------------------------------ every small tree

    function test_everyPathOfEverySmallTreeIsAcceptedAtItsPlaceOnly() public view {
        for (uint64 size = 1; size <= 20; ++size) {
            bytes32[] memory leaves = _leaves(0, size);
            bytes32 root = leaves.root(0, size);
            for (uint64 index; index < size; ++index) {
                bytes32[] memory path = leaves.path(index, 0, size);
                for (uint64 claimed; claimed <= size; ++claimed) {
                    vm.assertEq(
                        merkle.verifyInclusion(leaves[index], claimed, size, root, path), claimed == index, "index"
                    );
                }
            }
        }
    }

    function test_everyProofBetweenSmallTreesIsAcceptedAndNoOtherFrom() public view {
        bytes32[] memory leaves = _leaves(0, 20);
        for (uint64 size2 = 1; size2 <= 20; ++size2) {
            bytes32 root2 = leaves.root(0, size2);
            for (uint64 size1 = 1; size1 <= size2; ++size1) {
                bytes32[] memory proof = leaves.proof(size1, 0, size2, true);
                bytes32 root1 = leaves.root(0, size1);
                vm.assertTrue(merkle.verifyConsistency(size1, root1, size2, root2, proof));
                vm.assertFalse(merkle.verifyConsistency(size1, ~root1, size2, root2, proof), "another old root");
                vm.assertFalse(merkle.verifyConsistency(size1, root1, size2, ~root2, proof), "another new root");
            }
        }
    }

    function test_nothingExtendsTheEmptyTree() public view {
        bytes32[] memory leaves = _leaves(0, 3);
        vm.assertFalse(merkle.verifyConsistency(0, sha256(""), 3, leaves.root(0, 3), new bytes32[](0)));
        vm.assertFalse(merkle.verifyConsistency(0, 0, 0, 0, new bytes32[](0)));
    }

    function test_noTreeShrinks() public view {
        bytes32[] memory leaves = _leaves(0, 8);
        bytes32[] memory proof = leaves.proof(4, 0, 8, true);
        vm.assertFalse(merkle.verifyConsistency(8, leaves.root(0, 8), 4, leaves.root(0, 4), proof));
    }

    function test_equalSizesNeedEqualRootsAndNoProof() public view {
        bytes32[] memory leaves = _leaves(0, 5);
        bytes32 root = leaves.root(0, 5);
        vm.assertTrue(merkle.verifyConsistency(5, root, 5, root, new bytes32[](0)));
        vm.assertFalse(merkle.verifyConsistency(5, root, 5, ~root, new bytes32[](0)), "other root");
        vm.assertFalse(merkle.verifyConsistency(5, root, 5, root, new bytes32[](1)), "a proof of nothing");
    }

    // Proofs of a wrong length are refused as such, also where the hashes lead exactly to what is claimed.

    function test_aPathThatGoesOnAboveTheRootIsRefused() public view {
        bytes32[] memory leaves = _leaves(0, 5);
        (bytes32 root, bytes32 more) = (leaves.root(0, 5), "more");
        bytes32[] memory path = leaves.path(2, 0, 5).append(more);
        vm.assertFalse(merkle.verifyInclusion(leaves[2], 2, 5, ReferenceTree.node(more, root), path));
        vm.assertFalse(merkle.verifyInclusion(leaves[2], 2, 5, ReferenceTree.node(root, more), path));
    }

    function test_aPathThatEndsBelowTheRootIsRefused() public view {
        bytes32[] memory leaves = _leaves(0, 8);
        bytes32[] memory path = _cut(leaves.path(2, 0, 8), 2);
        vm.assertFalse(merkle.verifyInclusion(leaves[2], 2, 8, leaves.root(0, 4), path));
        vm.assertTrue(merkle.verifyInclusion(leaves[2], 2, 4, leaves.root(0, 4), path), "that of the smaller tree");
    }

    function test_aProofThatGoesOnAboveTheRootIsRefused() public view {
        bytes32[] memory leaves = _leaves(0, 5);
        bytes32 more = "more";
        bytes32[] memory proof = leaves.proof(3, 0, 5, true).append(more);
        bytes32 root1 = ReferenceTree.node(more, leaves.root(0, 3));
        vm.assertFalse(merkle.verifyConsistency(3, root1, 5, ReferenceTree.node(more, leaves.root(0, 5)), proof));
    }

    function test_aProofThatEndsBelowTheRootIsRefused() public view {
        bytes32[] memory leaves = _leaves(0, 5);
        bytes32[] memory proof = _cut(leaves.proof(2, 0, 5, true), 1);
        (bytes32 root1, bytes32 root2) = (leaves.root(0, 2), leaves.root(0, 4));
        vm.assertFalse(merkle.verifyConsistency(2, root1, 5, root2, proof));
        vm.assertTrue(merkle.verifyConsistency(2, root1, 4, root2, proof), "that of the smaller tree");
    }

    function test_anEmptyProofIsRefused() public view {
        bytes32[] memory leaves = _leaves(0, 5);
        for (uint64 size1 = 1; size1 < 5; ++size1) {
            bytes32[] memory proof = new bytes32[](0);
            vm.assertFalse(merkle.verifyConsistency(size1, leaves.root(0, size1), 5, leaves.root(0, 5), proof));
        }
    }

    function test_theEmptyTreeHoldsNothing() public view {
        vm.assertFalse(merkle.verifyInclusion(sha256(""), 0, 0, sha256(""), new bytes32[](0)));
    }

    function test_theGreatestSizeIsHandled() public view {
        uint64 top = type(uint64).max;
        bytes32[] memory path = new bytes32[](64);
        (bool ok, bytes32 root) = ReferenceTree.climb(0, top - 1, top, path, _pathLength(top - 1, top));
        vm.assertTrue(ok);
        vm.assertTrue(merkle.verifyInclusion(0, top - 1, top, root, _cut(path, _pathLength(top - 1, top))));
        vm.assertFalse(merkle.verifyInclusion(0, top, top, root, path), "index = size");
    }

    function test_proofsLeaveMemoryAsItIs() public view {
        bytes memory before = "what was allocated before";
        bytes32[] memory leaves = _leaves(0, 9);
        merkle.verifyInclusion(leaves[3], 3, 9, leaves.root(0, 9), leaves.path(3, 0, 9));
        vm.assertEq(string(before), "what was allocated before");
    }

    // ------------------------------------------------------------------------------------------------ fuzz

    function testFuzz_inclusion(uint256 seed, uint64 size, uint64 index) public view {
        size = uint64(_bound(size, 1, 130));
        index = uint64(_bound(index, 0, size - 1));
        bytes32[] memory leaves = _leaves(seed, size);
        bytes32 root = leaves.root(0, size);
        bytes32[] memory path = leaves.path(index, 0, size);

        vm.assertTrue(merkle.verifyInclusion(leaves[index], index, size, root, path));
        vm.assertFalse(merkle.verifyInclusion(~leaves[index], index, size, root, path), "another leaf");
        vm.assertFalse(merkle.verifyInclusion(leaves[index], index, size, ~root, path), "another root");
        vm.assertFalse(merkle.verifyInclusion(leaves[index], size, size, root, path), "beyond the tree");
        vm.assertFalse(merkle.verifyInclusion(leaves[index], index, size, root, path.append(root)), "longer");
        if (path.length == 0) return;
        vm.assertFalse(merkle.verifyInclusion(leaves[index], index, size, root, _cut(path, path.length - 1)), "shorter");
        path[seed % path.length] ^= bytes32(1 << (seed % 256));
        vm.assertFalse(merkle.verifyInclusion(leaves[index], index, size, root, path), "one bit of the path");
    }

    function testFuzz_consistency(uint256 seed, uint64 size1, uint64 size2) public view {
        size2 = uint64(_bound(size2, 2, 130));
        size1 = uint64(_bound(size1, 1, size2 - 1));
        bytes32[] memory leaves = _leaves(seed, size2);
        (bytes32 root1, bytes32 root2) = (leaves.root(0, size1), leaves.root(0, size2));
        bytes32[] memory proof = leaves.proof(size1, 0, size2, true);

        vm.assertTrue(merkle.verifyConsistency(size1, root1, size2, root2, proof));
        vm.assertFalse(merkle.verifyConsistency(size1, ~root1, size2, root2, proof), "another old root");
        vm.assertFalse(merkle.verifyConsistency(size1, root1, size2, ~root2, proof), "another new root");
        vm.assertFalse(merkle.verifyConsistency(size2, root1, size1, root2, proof), "shrinking");
        vm.assertFalse(merkle.verifyConsistency(size1, root1, size2, root2, proof.append(root1)), "longer");
        vm.assertFalse(merkle.verifyConsistency(size1, root1, size2, root2, _cut(proof, proof.length - 1)), "shorter");
        proof[seed % proof.length] ^= bytes32(1 << (seed % 256));
        vm.assertFalse(merkle.verifyConsistency(size1, root1, size2, root2, proof), "one bit of the proof");
    }

    /// @dev A log whose past was changed: no proof leads from the true old root to the forged new one.
    function testFuzz_aChangedPastHasNoProof(uint256 seed, uint64 size1, uint64 size2, uint64 changed) public view {
        size2 = uint64(_bound(size2, 2, 64));
        size1 = uint64(_bound(size1, 1, size2 - 1));
        bytes32[] memory leaves = _leaves(seed, size2);
        bytes32 root1 = leaves.root(0, size1);
        leaves[_bound(changed, 0, size1 - 1)] ^= bytes32(uint256(1));
        bytes32[] memory proof = leaves.proof(size1, 0, size2, true);
        vm.assertFalse(merkle.verifyConsistency(size1, root1, size2, leaves.root(0, size2), proof));
    }

    /// @dev Any sizes, any hashes: both agree, also on what they refuse.
    function testFuzz_inclusionAgreesWithTheReference(bytes32 leaf, uint64 index, uint64 size, uint256 seed, int8 off)
        public
        view
    {
        size >>= uint64(seed % 64);
        index = size == 0 ? index : index % size;
        uint256 length = _near(size == 0 ? 0 : _pathLength(index, size), off);
        bytes32[] memory path = _leaves(seed, length);
        (bool ok, bytes32 root) = ReferenceTree.climb(leaf, index, size, path, length);
        vm.assertEq(merkle.verifyInclusion(leaf, index, size, root, path), ok);
    }

    function testFuzz_consistencyAgreesWithTheReference(uint64 size1, uint64 size2, uint256 seed, int8 off)
        public
        view
    {
        size2 >>= uint64(seed % 64);
        if (size2 < 2) size2 = 2;
        size1 = uint64(_bound(size1, 1, size2 - 1));
        uint256 length = _near(_proofLength(size1, size2), off);
        bytes32[] memory proof = _leaves(seed, length);
        // What the proof says the old root is; where the old tree is complete, any root may be claimed.
        bytes32 claimed = sha256(abi.encode(seed));
        (bool ok, bytes32 old, bytes32 current) = ReferenceTree.rebuild(size1, size2, proof, length, claimed, true);
        vm.assertEq(merkle.verifyConsistency(size1, old, size2, current, proof), ok);
    }

    // ------------------------------------------------------------------------------------------------ helpers

    function _leaves(uint256 seed, uint256 count) private pure returns (bytes32[] memory leaves) {
        leaves = new bytes32[](count);
        for (uint256 i; i < count; ++i) {
            leaves[i] = sha256(abi.encodePacked(hex"00", seed, i));
        }
    }

    function _cut(bytes32[] memory list, uint256 length) private pure returns (bytes32[] memory shorter) {
        shorter = new bytes32[](length);
        for (uint256 i; i < length; ++i) {
            shorter[i] = list[i];
        }
    }

    /// @dev Mostly `length` itself, now and then one off, seldom anything up to 127.
    function _near(uint256 length, int8 off) private pure returns (uint256) {
        if (off > -100 && off < 60) return length;
        if (off < 100) return off < 0 ? (length == 0 ? 1 : length - 1) : length + 1;
        return uint256(int256(off));
    }

    function _pathLength(uint256 index, uint256 size) private pure returns (uint256 length) {
        for (; size > 1; ++length) {
            uint256 k = ReferenceTree.split(size);
            (index, size) = index < k ? (index, k) : (index - k, size - k);
        }
    }

    function _proofLength(uint256 m, uint256 size) private pure returns (uint256 length) {
        bool whole = true;
        for (; m != size; ++length) {
            uint256 k = ReferenceTree.split(size);
            if (m <= k) size = k;
            else (m, size, whole) = (m - k, size - k, false);
        }
        if (!whole) ++length;
    }
}
