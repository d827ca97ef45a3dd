// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Pages of lists
library Page {
    uint256 internal constant MAX_ITEMS = 256;

    /// @return how many items a page holds of a list with `length` items
    function size(uint256 length, uint256 offset, uint256 limit) internal pure returns (uint256) {
        if (offset >= length) return 0;
        uint256 left = length - offset;
        if (limit > MAX_ITEMS) limit = MAX_ITEMS;
        return left < limit ? left : limit;
    }
}
