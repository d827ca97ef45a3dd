// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title RFC 9162 as the text defines it: recursive, and nothing optimised
/// @dev Shares no line and no idea with src/lib/Merkle.sol, which follows the RFC's iterative algorithms.
library ReferenceTree {
    function node(bytes32 left, bytes32 right) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(hex"01", left, right));
    }

    /// @dev The largest power of two below `n`.
    function split(uint256 n) internal pure returns (uint256 k) {
        k = 1;
        while (k * 2 < n) k *= 2;
    }

    /// @dev MTH of leaves[from:to] (section 2.1.1).
    function root(bytes32[] memory leaves, uint256 from, uint256 to) internal pure returns (bytes32) {
        if (to - from == 1) return leaves[from];
        uint256 k = from + split(to - from);
        return node(root(leaves, from, k), root(leaves, k, to));
    }

    /// @dev PATH of leaf `m` in leaves[from:to] (section 2.1.3.1).
    function path(bytes32[] memory leaves, uint256 m, uint256 from, uint256 to)
        internal
        pure
        returns (bytes32[] memory)
    {
        if (to - from == 1) return new bytes32[](0);
        uint256 k = from + split(to - from);
        if (m < k) return append(path(leaves, m, from, k), root(leaves, k, to));
        return append(path(leaves, m, k, to), root(leaves, from, k));
    }

    /// @dev SUBPROOF of the first `m` leaves in leaves[from:to] (section 2.1.4.1); PROOF is with `whole`.
    function proof(bytes32[] memory leaves, uint256 m, uint256 from, uint256 to, bool whole)
        internal
        pure
        returns (bytes32[] memory)
    {
        if (m == to) {
            return whole ? new bytes32[](0) : append(new bytes32[](0), root(leaves, from, to));
        }
        uint256 k = from + split(to - from);
        if (m <= k) return append(proof(leaves, m, from, k, whole), root(leaves, k, to));
        return append(proof(leaves, m, k, to, false), root(leaves, from, k));
    }

    /// @dev Where `p[:n]` leads from `leaf` at `index` of `size`; nowhere (`ok` false) if it is too short or too long.
    function climb(bytes32 leaf, uint256 index, uint256 size, bytes32[] memory p, uint256 n)
        internal
        pure
        returns (bool ok, bytes32 top)
    {
        if (index >= size) return (false, 0);
        if (size == 1) return (n == 0, leaf);
        if (n == 0) return (false, 0);
        uint256 k = split(size);
        bytes32 other = p[n - 1];
        if (index < k) {
            (ok, top) = climb(leaf, index, k, p, n - 1);
            return (ok, node(top, other));
        }
        (ok, top) = climb(leaf, index - k, size - k, p, n - 1);
        return (ok, node(other, top));
    }

    /// @dev Both roots that `p[:n]` leads to, for `m` leaves in a tree of `size`.
    function rebuild(uint256 m, uint256 size, bytes32[] memory p, uint256 n, bytes32 oldRoot, bool whole)
        internal
        pure
        returns (bool ok, bytes32 old, bytes32 current)
    {
        if (m == size) {
            if (whole) return (n == 0, oldRoot, oldRoot);
            return n == 1 ? (true, p[0], p[0]) : (false, bytes32(0), bytes32(0));
        }
        if (n == 0) return (false, 0, 0);
        uint256 k = split(size);
        bytes32 other = p[n - 1];
        if (m <= k) {
            (ok, old, current) = rebuild(m, k, p, n - 1, oldRoot, whole);
            return (ok, old, node(current, other));
        }
        (ok, old, current) = rebuild(m - k, size - k, p, n - 1, oldRoot, false);
        return (ok, node(other, old), node(other, current));
    }

    function append(bytes32[] memory list, bytes32 last) internal pure returns (bytes32[] memory longer) {
        longer = new bytes32[](list.length + 1);
        for (uint256 i; i < list.length; ++i) {
            longer[i] = list[i];
        }
        longer[list.length] = last;
    }
}
