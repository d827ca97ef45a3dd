// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title From when on an act may count
/// @dev 0 always means the block time: a sender cannot know it, and sending the same bytes again must not revert.
library Times {
    /// @notice A grant or key may not begin before the block time.
    error StartsInPast(uint64 from, uint64 blockTime);
    error EmptyInterval(uint64 from, uint64 until);
    /// @notice A negative act may not lie in the future.
    error InFuture(uint64 since, uint64 blockTime);
    /// @notice A negative act may not reach back further than `earliest`.
    error TooFarBack(uint64 since, uint64 earliest);

    /// @notice How far a body's negative acts on its own keys reach back.
    uint64 internal constant OWN_WINDOW = 72 hours;
    /// @notice How far negative acts of those above it reach back.
    uint64 internal constant OVERSIGHT_WINDOW = 90 days;

    function current() internal view returns (uint64) {
        return uint64(block.timestamp);
    }

    /// @return the start of the interval [from, until) that a grant or key gets
    function start(uint64 from, uint64 until) internal view returns (uint64) {
        if (from == 0) from = current();
        if (from < current()) revert StartsInPast(from, current());
        if (until != 0 && until <= from) revert EmptyInterval(from, until);
        return from;
    }

    /// @return the time from which a negative act counts that may reach back by `window`
    function since(uint64 given, uint64 window) internal view returns (uint64) {
        return since(given, window, 0);
    }

    /// @param floor a time before which it may not count in any case, even if that lies ahead
    function since(uint64 given, uint64 window, uint64 floor) internal view returns (uint64) {
        uint64 earliest = current() > window ? current() - window : 0;
        if (earliest < floor) earliest = floor;
        if (given == 0) return current() > floor ? current() : floor;
        if (given > current()) revert InFuture(given, current());
        if (given < earliest) revert TooFarBack(given, earliest);
        return given;
    }
}
