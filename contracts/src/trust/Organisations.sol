// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ITrustRegistry} from "../interfaces/ITrustRegistry.sol";
import {Entries} from "../lib/Entries.sol";
import {Page} from "../lib/Page.sol";
import {Text} from "../lib/Text.sol";
import {Times} from "../lib/Times.sol";

/// @title The tree of organisations, and who is suspended
abstract contract Organisations is ITrustRegistry {
    using Entries for Entries.ByAuthor;
    using Entries for Entries.Entry[];

    struct Stored {
        string did;
        string name;
        bytes32 sponsor;
        address admin;
        uint64 registeredAt;
        Kind kind;
    }

    /// @dev What one organisation may say about another; a greater one lifts what a smaller one suspended.
    uint256 private constant NO_RANK = 0;
    uint256 private constant SPONSOR_RANK = 1;
    uint256 private constant REGULATOR_RANK = 2;
    uint256 private constant ROOT_RANK = 3;

    /// @inheritdoc ITrustRegistry
    bytes32 public immutable root;

    mapping(bytes32 org => Stored) internal _organisations;
    bytes32[] private _ids;
    mapping(bytes32 org => Entries.ByAuthor) private _suspensions;

    constructor(string memory did, string memory name, address admin) {
        root = sha256(bytes(did));
        _register(root, did, name, Kind.Root, 0, admin);
    }

    // ------------------------------------------------------------------------------------------------ acts

    /// @inheritdoc ITrustRegistry
    function register(bytes32 org, string calldata did, string calldata name, Kind kind, bytes32 sponsor, address admin)
        external
    {
        _requireActiveAdmin(sponsor);
        if (!_maySponsor(sponsor, kind)) revert WrongSponsor(sponsor, kind);
        _register(org, did, name, kind, sponsor, admin);
    }

    /// @inheritdoc ITrustRegistry
    function transferSponsor(bytes32 org, bytes32 sponsor) external {
        _requireAdmin(root);
        _requireKind(org, Kind.Body);
        if (!_maySponsor(sponsor, Kind.Body)) revert WrongSponsor(sponsor, Kind.Body);
        _dropProposal(org);
        emit SponsorTransferred(org, _organisations[org].sponsor, sponsor);
        _organisations[org].sponsor = sponsor;
    }

    /// @inheritdoc ITrustRegistry
    function suspendOrganisation(bytes32 by, bytes32 org, uint64 since, Reason reason) external {
        _requireActiveAdmin(by);
        uint256 rank = _rank(by, org);
        if (rank == NO_RANK) revert NoAuthority(by, org);
        // The last author's place is the root's.
        uint256 limit = rank == ROOT_RANK ? Entries.MAX_AUTHORS : Entries.MAX_AUTHORS - 1;
        Entries.Entry[] storage list = _suspensions[org].listOf(by, limit);
        if (list.standing() == uint8(Act.Suspended)) revert AlreadySuspended(org, by);
        since = Times.since(since, Times.OVERSIGHT_WINDOW);
        _appendSuspension(org, by, list, _new(Act.Suspended, reason, since, 0, by));
    }

    /// @inheritdoc ITrustRegistry
    function resumeOrganisation(bytes32 by, bytes32 org, bytes32 author, Reason reason) external {
        _requireActiveAdmin(by);
        uint256 rank = _rank(by, org);
        if (rank == NO_RANK || (by != author && rank <= _rank(author, org))) revert NoAuthority(by, org);
        Entries.Entry[] storage list = _suspensions[org].entries[author];
        if (list.standing() != uint8(Act.Suspended)) revert NotSuspended(org, author);
        _appendSuspension(org, author, list, _new(Act.Granted, reason, Times.current(), 0, by));
    }

    // ------------------------------------------------------------------------------------------------ views

    /// @inheritdoc ITrustRegistry
    function organisation(bytes32 org) external view returns (Organisation memory) {
        Stored storage o = _organisations[org];
        return Organisation(o.did, o.name, o.kind, o.sponsor, o.admin, o.registeredAt);
    }

    /// @inheritdoc ITrustRegistry
    function organisations(uint256 offset, uint256 limit) external view returns (bytes32[] memory page) {
        page = new bytes32[](Page.size(_ids.length, offset, limit));
        for (uint256 i; i < page.length; ++i) {
            page[i] = _ids[offset + i];
        }
    }

    /// @inheritdoc ITrustRegistry
    function activeAt(bytes32 org, uint64 when) public view returns (Activity memory result) {
        result.registeredAt = _organisations[org].registeredAt;
        result.exists = _organisations[org].kind != Kind.None;
        result.active = result.exists && result.registeredAt <= when;
        bytes32[] storage authors = _suspensions[org].authors;
        for (uint256 i; i < authors.length; ++i) {
            Entries.Entry[] storage list = _suspensions[org].entries[authors[i]];
            uint256 index = list.indexAt(when);
            if (index == Entries.NONE || list[index].value != uint8(Act.Suspended)) continue;
            result.active = false;
            if (result.author != 0 && list[index].effective >= result.entry.effective) continue;
            result.author = authors[i];
            result.entry = _entry(list[index], authors[i]);
        }
    }

    /// @inheritdoc ITrustRegistry
    function suspensionAuthors(bytes32 org) external view returns (bytes32[] memory) {
        return _suspensions[org].authors;
    }

    /// @inheritdoc ITrustRegistry
    function suspensions(bytes32 org, bytes32 author, uint256 offset, uint256 limit)
        external
        view
        returns (Entry[] memory)
    {
        return _entries(_suspensions[org].entries[author], author, offset, limit);
    }

    /// @inheritdoc ITrustRegistry
    function kindOf(bytes32 org) external view returns (Kind) {
        return _organisations[org].kind;
    }

    /// @inheritdoc ITrustRegistry
    function sponsorOf(bytes32 org) external view returns (bytes32) {
        return _organisations[org].sponsor;
    }

    /// @inheritdoc ITrustRegistry
    function isActive(bytes32 org) public view returns (bool) {
        return activeAt(org, Times.current()).active;
    }

    /// @inheritdoc ITrustRegistry
    function isAdmin(bytes32 org, address account) public view returns (bool) {
        return account != address(0) && _organisations[org].admin == account;
    }

    // ------------------------------------------------------------------------------------------------ for the other parts

    /// @dev A change of sponsor ends what the old one proposed.
    function _dropProposal(bytes32 org) internal virtual;

    function _known(bytes32 org) internal view returns (Stored storage o) {
        o = _organisations[org];
        if (o.kind == Kind.None) revert UnknownOrganisation(org);
    }

    function _requireKind(bytes32 org, Kind wanted) internal view {
        Kind kind = _known(org).kind;
        if (kind != wanted) revert WrongKind(org, kind);
    }

    function _requireAdmin(bytes32 org) internal view {
        if (_known(org).admin != msg.sender) revert NotAdministrator(org, msg.sender);
    }

    function _requireActiveAdmin(bytes32 org) internal view {
        _requireAdmin(org);
        _requireActive(org);
    }

    function _requireActive(bytes32 org) internal view {
        if (!isActive(org)) revert OrganisationSuspended(org);
    }

    function _new(Act act, Reason reason, uint64 effective, uint64 until, bytes32 by)
        internal
        view
        returns (Entries.Entry memory)
    {
        return Entries.Entry({
            effective: effective,
            until: until,
            recordedAt: uint40(Times.current()),
            annulledAt: 0,
            value: uint8(act),
            reason: uint8(reason),
            annulReason: 0,
            by: by
        });
    }

    function _entry(Entries.Entry memory e, bytes32 author) internal pure returns (Entry memory) {
        return Entry(Act(e.value), Reason(e.reason), e.effective, e.until, e.recordedAt, e.by == 0 ? author : e.by);
    }

    function _entries(Entries.Entry[] storage list, bytes32 author, uint256 offset, uint256 limit)
        internal
        view
        returns (Entry[] memory page)
    {
        page = new Entry[](Page.size(list.length, offset, limit));
        for (uint256 i; i < page.length; ++i) {
            page[i] = _entry(list[offset + i], author);
        }
    }

    // ------------------------------------------------------------------------------------------------ private

    function _register(bytes32 org, string memory did, string memory name, Kind kind, bytes32 sponsor, address admin)
        private
    {
        if (org != sha256(bytes(did))) revert WrongOrganisationId(org, sha256(bytes(did)));
        if (_organisations[org].kind != Kind.None) revert OrganisationExists(org);
        if (!Text.isDid(did)) revert BadDid(did);
        if (!Text.isName(name)) revert BadName(name);
        if (admin == address(0)) revert ZeroAccount();
        _organisations[org] = Stored(did, name, sponsor, admin, Times.current(), kind);
        _ids.push(org);
        emit OrganisationRegistered(org, sponsor, kind, admin, Times.current(), did, name);
    }

    function _appendSuspension(bytes32 org, bytes32 author, Entries.Entry[] storage list, Entries.Entry memory entry)
        private
    {
        // The two acts alternate, so the last place is always for one that resumes: nobody stays suspended for want of room.
        list.append(entry, author, true);
        emit SuspensionRecorded(org, author, _entry(entry, author));
    }

    function _maySponsor(bytes32 sponsor, Kind kind) private view returns (bool) {
        if (kind == Kind.Body) return _organisations[sponsor].kind == Kind.Accreditor;
        return sponsor == root && (kind == Kind.Accreditor || kind == Kind.Regulator);
    }

    function _rank(bytes32 author, bytes32 org) private view returns (uint256) {
        Kind kind = _known(org).kind;
        if (kind == Kind.Root) return NO_RANK; // nobody suspends the root
        if (author == root) return ROOT_RANK;
        if (_organisations[author].kind == Kind.Regulator) return kind == Kind.Regulator ? NO_RANK : REGULATOR_RANK;
        return author == _organisations[org].sponsor ? SPONSOR_RANK : NO_RANK;
    }
}
