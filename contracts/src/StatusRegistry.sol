// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ILogAnchor} from "./interfaces/ILogAnchor.sol";
import {IStatusRegistry} from "./interfaces/IStatusRegistry.sol";
import {ITrustRegistry} from "./interfaces/ITrustRegistry.sol";
import {Entries} from "./lib/Entries.sol";
import {Page} from "./lib/Page.sol";
import {Times} from "./lib/Times.sol";

/// @title What each author says about a record
contract StatusRegistry is IStatusRegistry {
    using Entries for Entries.ByAuthor;
    using Entries for Entries.Entry[];

    /// @dev A greater rank lifts what a smaller one suspended.
    enum Rank {
        None,
        Body,
        Accreditor,
        Regulator
    }

    uint256 private constant MAX_CHANGES = 256;

    ITrustRegistry public immutable trust;
    ILogAnchor public immutable logs;

    mapping(bytes32 log => mapping(bytes32 leaf => Entries.ByAuthor)) private _records;

    constructor(ITrustRegistry trust_, ILogAnchor logs_) {
        (trust, logs) = (trust_, logs_);
    }

    // ------------------------------------------------------------------------------------------------ acts

    /// @inheritdoc IStatusRegistry
    function setStatus(bytes32 log, bytes32 leaf, bytes32 author, Status status, StatusReason reason, uint64 effective)
        external
    {
        _set(StatusChange(log, leaf, author, status, reason, effective));
    }

    /// @inheritdoc IStatusRegistry
    function setStatuses(StatusChange[] calldata changes) external {
        if (changes.length > MAX_CHANGES) revert TooManyChanges(changes.length);
        for (uint256 i; i < changes.length; ++i) {
            _set(changes[i]);
        }
    }

    /// @inheritdoc IStatusRegistry
    function lift(bytes32 by, bytes32 log, bytes32 leaf, bytes32 author, StatusReason reason) external {
        _requireOperator(by);
        Rank rank = _rank(by, log);
        if (rank == Rank.None) revert NotAnAuthor(by, log);
        if (!trust.isActive(by)) revert OrganisationNotActive(by);
        if (rank <= _rank(author, log)) revert NotAbove(by, author);
        Entries.Entry[] storage list = _records[log][leaf].entries[author];
        Status current = Status(list.standing());
        if (current != Status.Suspended) revert WrongTransition(current, Status.Active);
        _append(StatusChange(log, leaf, author, Status.Active, reason, Times.current()), list, by);
    }

    /// @inheritdoc IStatusRegistry
    function annul(bytes32 log, bytes32 leaf, bytes32 author, uint64 index, AnnulReason reason) external {
        if (!trust.isAdmin(trust.root(), msg.sender)) revert NotRoot(msg.sender);
        Entries.Entry[] storage list = _records[log][leaf].entries[author];
        if (index >= list.length) revert NoSuchEntry(author, index);
        if (list[index].annulledAt != 0) revert AlreadyAnnulled(author, index);
        (list[index].annulledAt, list[index].annulReason) = (uint40(Times.current()), uint8(reason));
        emit StatusAnnulled(log, leaf, author, index, reason, Times.current());
    }

    // ------------------------------------------------------------------------------------------------ views

    /// @inheritdoc IStatusRegistry
    function statusAt(bytes32 log, bytes32 leaf, uint64 when)
        external
        view
        returns (Standing memory worst, Standing[] memory byAuthor)
    {
        Entries.ByAuthor storage record = _records[log][leaf];
        byAuthor = new Standing[](record.authors.length);
        uint256 count;
        for (uint256 i; i < byAuthor.length; ++i) {
            bytes32 author = record.authors[i];
            Entries.Entry[] storage list = record.entries[author];
            uint256 index = list.indexAt(when);
            if (index == Entries.NONE) continue;
            Standing memory said = _standing(list[index], author);
            byAuthor[count++] = said;
            if (_isWorse(said, worst)) worst = said;
        }
        assembly ("memory-safe") {
            mstore(byAuthor, count) // shorter than it was allocated
        }
    }

    /// @inheritdoc IStatusRegistry
    function authors(bytes32 log, bytes32 leaf) external view returns (bytes32[] memory) {
        return _records[log][leaf].authors;
    }

    /// @inheritdoc IStatusRegistry
    function history(bytes32 log, bytes32 leaf, uint256 offset, uint256 limit)
        external
        view
        returns (HistoryEntry[] memory page)
    {
        Entries.ByAuthor storage record = _records[log][leaf];
        uint256 total;
        for (uint256 i; i < record.authors.length; ++i) {
            total += record.entries[record.authors[i]].length;
        }
        page = new HistoryEntry[](Page.size(total, offset, limit));
        uint256 filled;
        for (uint256 i; i < record.authors.length && filled < page.length; ++i) {
            bytes32 author = record.authors[i];
            Entries.Entry[] storage list = record.entries[author];
            uint256 index = offset;
            for (; index < list.length && filled < page.length; ++index) {
                page[filled++] = _historyEntry(list[index], author, uint64(index));
            }
            offset = offset > list.length ? offset - list.length : 0;
        }
    }

    // ------------------------------------------------------------------------------------------------ private

    function _set(StatusChange memory c) private {
        _requireOperator(c.author);
        Rank rank = _rank(c.author, c.log);
        if (rank == Rank.None) revert NotAnAuthor(c.author, c.log);
        if (!trust.isActive(c.author) && !_mayWhileSuspended(rank, c.status)) revert OrganisationNotActive(c.author);

        Entries.Entry[] storage list = _records[c.log][c.leaf].entries[c.author];
        uint256 last = list.indexAt(type(uint64).max);
        if (last != Entries.NONE && _repeats(c, list[last])) return;
        _requireTransition(last == Entries.NONE ? Status.Active : Status(list[last].value), c.status);
        bool may = rank != Rank.Body && c.status != Status.Active;
        c.effective = Times.since(c.effective, may ? Times.OVERSIGHT_WINDOW : 0);
        _append(c, _records[c.log][c.leaf].listOf(c.author, _limit(rank)), c.author);
    }

    function _append(StatusChange memory c, Entries.Entry[] storage list, bytes32 by) private {
        uint40 recordedAt = uint40(Times.current());
        Entries.Entry memory entry = Entries.Entry({
            effective: c.effective,
            until: 0,
            recordedAt: recordedAt,
            annulledAt: 0,
            value: uint8(c.status),
            reason: uint8(c.reason),
            annulReason: 0,
            by: by
        });
        list.append(entry, c.author, c.status == Status.Withdrawn);
        emit StatusRecorded(
            c.log, c.leaf, c.author, by, uint64(list.length - 1), c.status, c.reason, c.effective, recordedAt
        );
    }

    /// @dev Whether the change says what stands already. A batch that is sent again must not fail for one such record.
    function _repeats(StatusChange memory c, Entries.Entry storage last) private view returns (bool) {
        return uint8(c.status) == last.value && uint8(c.reason) == last.reason
            && (c.effective == 0 || c.effective == last.effective);
    }

    function _requireTransition(Status current, Status wanted) private pure {
        if (current == Status.Active && wanted != Status.Active) return;
        if (current == Status.Suspended && wanted != Status.Suspended) return;
        if (current == Status.Superseded && wanted == Status.Withdrawn) return;
        revert WrongTransition(current, wanted);
    }

    /// @dev A suspended body must still be able to take back its own records.
    function _mayWhileSuspended(Rank rank, Status status) private pure returns (bool) {
        return rank == Rank.Body && (status == Status.Suspended || status == Status.Withdrawn);
    }

    /// @dev Accreditors leave a place for a regulator, and both leave one for the body.
    function _limit(Rank rank) private pure returns (uint256) {
        return Entries.MAX_AUTHORS - (rank == Rank.Accreditor ? 2 : rank == Rank.Regulator ? 1 : 0);
    }

    function _rank(bytes32 author, bytes32 log) private view returns (Rank) {
        bytes32 body = logs.organisationOf(log);
        if (body == 0) revert UnknownLog(log);
        if (author == body) return Rank.Body;
        if (trust.hasAccredited(author, body)) return Rank.Accreditor;
        return trust.kindOf(author) == ITrustRegistry.Kind.Regulator ? Rank.Regulator : Rank.None;
    }

    function _requireOperator(bytes32 org) private view {
        if (trust.isAdmin(org, msg.sender)) return;
        if (trust.isOperator(org, msg.sender, ITrustRegistry.Role.Status)) return;
        revert NotStatusOperator(org, msg.sender);
    }

    /// @dev Of equals, the one effective first.
    function _isWorse(Standing memory said, Standing memory worst) private pure returns (bool) {
        if (worst.author == 0 || said.status != worst.status) return worst.author == 0 || said.status > worst.status;
        return said.effective < worst.effective;
    }

    function _standing(Entries.Entry memory e, bytes32 author) private pure returns (Standing memory) {
        bytes32 by = e.by == 0 ? author : e.by;
        return Standing(author, by, Status(e.value), StatusReason(e.reason), e.effective, e.recordedAt);
    }

    function _historyEntry(Entries.Entry memory e, bytes32 author, uint64 index)
        private
        pure
        returns (HistoryEntry memory)
    {
        return HistoryEntry({
            author: author,
            by: e.by == 0 ? author : e.by,
            index: index,
            status: Status(e.value),
            reason: StatusReason(e.reason),
            effective: e.effective,
            recordedAt: e.recordedAt,
            annulledAt: e.annulledAt,
            annulReason: AnnulReason(e.annulReason)
        });
    }
}
