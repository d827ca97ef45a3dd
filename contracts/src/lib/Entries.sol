// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Append-only histories
/// @dev A history answers about a time with its newest entry that is effective by then, leaving annulled ones out. So an entry
/// changes nothing about times before its own `effective`, whatever is recorded later.
library Entries {
    /// @notice A history holds at most 256 entries, and the last place takes only what ends the matter.
    error TooManyEntries();
    error TooManyAuthors();

    uint256 internal constant MAX_ENTRIES = 256;
    uint256 internal constant MAX_AUTHORS = 16;
    uint256 internal constant NONE = type(uint256).max;

    /// @param value what it says; the meaning is the contract's
    /// @param by who decided, if it is not the history's author; else 0, which spares a slot
    struct Entry {
        uint64 effective;
        uint64 until;
        uint40 recordedAt;
        uint40 annulledAt;
        uint8 value;
        uint8 reason;
        uint8 annulReason;
        bytes32 by;
    }

    /// @notice One history for each author.
    struct ByAuthor {
        bytes32[] authors;
        mapping(bytes32 author => Entry[]) entries;
    }

    /// @param limit how many authors there may be, this one included
    /// @return the author's history, begun if it has none
    function listOf(ByAuthor storage self, bytes32 author, uint256 limit) internal returns (Entry[] storage) {
        Entry[] storage list = self.entries[author];
        if (list.length == 0) {
            if (self.authors.length >= limit) revert TooManyAuthors();
            self.authors.push(author);
        }
        return list;
    }

    /// @param author whose history it is
    /// @param last whether this entry may take the last place
    function append(Entry[] storage list, Entry memory entry, bytes32 author, bool last) internal {
        if (list.length >= (last ? MAX_ENTRIES : MAX_ENTRIES - 1)) revert TooManyEntries();
        if (entry.by == author) entry.by = 0;
        list.push(entry);
    }

    /// @return index of the entry that counts at `when`, or NONE
    function indexAt(Entry[] storage list, uint64 when) internal view returns (uint256) {
        for (uint256 i = list.length; i > 0; --i) {
            Entry storage entry = list[i - 1];
            if (entry.effective <= when && entry.annulledAt == 0) return i - 1;
        }
        return NONE;
    }

    /// @return value of the entry recorded last, or 0; of negative entries, which never lie ahead, also the one that counts now
    function standing(Entry[] storage list) internal view returns (uint8) {
        uint256 i = indexAt(list, type(uint64).max);
        return i == NONE ? 0 : list[i].value;
    }
}
