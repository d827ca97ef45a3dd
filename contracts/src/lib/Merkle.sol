// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title RFC 9162 Merkle proofs over SHA-256
/// @dev Sections 2.1.3.2 and 2.1.4.2, step by step. A root does not bind its size, so callers take sizes from storage.
library Merkle {
    /// @return whether `leaf`, a leaf hash, stands at `index` of the tree (`size`, `root`)
    function verifyInclusion(bytes32 leaf, uint64 index, uint64 size, bytes32 root, bytes32[] calldata path)
        internal
        view
        returns (bool)
    {
        if (index >= size) return false;
        (uint256 node, uint256 last) = (index, size - 1);
        bytes32 computed = leaf;
        for (uint256 i; i < path.length; ++i) {
            if (last == 0) return false; // the path goes on above the root
            if (node & 1 == 1 || node == last) {
                computed = _node(path[i], computed);
                while (node & 1 == 0 && node != 0) (node, last) = (node >> 1, last >> 1);
            } else {
                computed = _node(computed, path[i]);
            }
            (node, last) = (node >> 1, last >> 1);
        }
        return last == 0 && computed == root;
    }

    /// @return whether the tree (`size2`, `root2`) extends (`size1`, `root1`); never from the empty tree
    function verifyConsistency(uint64 size1, bytes32 root1, uint64 size2, bytes32 root2, bytes32[] calldata proof)
        internal
        view
        returns (bool)
    {
        if (size1 == 0 || size1 > size2) return false;
        if (size1 == size2) return proof.length == 0 && root1 == root2;
        if (proof.length == 0) return false;
        (uint256 node, uint256 last) = (size1 - 1, size2 - 1);
        while (node & 1 == 1) (node, last) = (node >> 1, last >> 1);
        // An old tree that is complete is itself where the proof starts.
        uint256 i = size1 & (size1 - 1) == 0 ? 0 : 1;
        bytes32 old = i == 0 ? root1 : proof[0];
        bytes32 current = old;
        for (; i < proof.length; ++i) {
            if (last == 0) return false; // the proof goes on above the root
            if (node & 1 == 1 || node == last) {
                old = _node(proof[i], old);
                current = _node(proof[i], current);
                while (node & 1 == 0 && node != 0) (node, last) = (node >> 1, last >> 1);
            } else {
                current = _node(current, proof[i]);
            }
            (node, last) = (node >> 1, last >> 1);
        }
        return last == 0 && old == root1 && current == root2;
    }

    /// @dev SHA-256(0x01 ‖ left ‖ right). In assembly, because `sha256(abi.encodePacked(…))` allocates memory for every node.
    function _node(bytes32 left, bytes32 right) private view returns (bytes32 hash) {
        assembly ("memory-safe") {
            let buffer := mload(0x40) // beyond all that is allocated: used, and left free
            mstore8(buffer, 0x01)
            mstore(add(buffer, 1), left)
            mstore(add(buffer, 33), right)
            // It fails only without gas; going on with a stale hash would be wrong.
            if iszero(staticcall(gas(), 0x02, buffer, 65, 0x00, 32)) { revert(0, 0) }
            hash := mload(0x00)
        }
    }
}
