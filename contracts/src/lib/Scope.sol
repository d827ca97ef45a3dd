// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ITrustRegistry} from "../interfaces/ITrustRegistry.sol";
import {Text} from "./Text.sol";

/// @title Scopes such as `verification/scales`, each covering those below it
library Scope {
    uint256 internal constant MAX_SEGMENTS = 8;

    /// @return prefixes SHA-256 of every prefix that ends with a segment, shortest first; the last is the scope itself
    function parse(string memory scope) internal pure returns (bytes32[] memory prefixes) {
        if (!Text.isScope(scope)) revert ITrustRegistry.BadScope(scope);
        uint256[] memory ends = _ends(bytes(scope));
        prefixes = new bytes32[](ends.length);
        for (uint256 i; i < ends.length; ++i) {
            prefixes[i] = sha256(_head(bytes(scope), ends[i]));
        }
    }

    /// @return the first `segments` segments of a scope
    function prefix(string memory scope, uint256 segments) internal pure returns (string memory) {
        return string(_head(bytes(scope), _ends(bytes(scope))[segments - 1]));
    }

    function _ends(bytes memory s) private pure returns (uint256[] memory ends) {
        ends = new uint256[](MAX_SEGMENTS);
        uint256 count;
        for (uint256 i; i < s.length; ++i) {
            if (s[i] == "/") ends[count++] = i;
        }
        ends[count++] = s.length;
        assembly ("memory-safe") {
            mstore(ends, count) // shorter than it was allocated
        }
    }

    function _head(bytes memory s, uint256 length) private pure returns (bytes memory head) {
        head = new bytes(length);
        for (uint256 i; i < length; ++i) {
            head[i] = s[i];
        }
    }
}
