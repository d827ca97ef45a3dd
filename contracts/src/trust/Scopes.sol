// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ITrustRegistry} from "../interfaces/ITrustRegistry.sol";
import {Entries} from "../lib/Entries.sol";
import {Page} from "../lib/Page.sol";
import {Scope} from "../lib/Scope.sol";
import {Times} from "../lib/Times.sol";
import {Organisations} from "./Organisations.sol";

/// @title Grants to accreditors, and accreditations of bodies
abstract contract Scopes is Organisations {
    using Entries for Entries.ByAuthor;
    using Entries for Entries.Entry[];

    mapping(bytes32 accreditor => mapping(bytes32 scope => Entries.Entry[])) private _grants;
    mapping(bytes32 body => mapping(bytes32 scope => Entries.ByAuthor)) private _accreditations;
    mapping(bytes32 org => string[]) private _scopes;

    /// @inheritdoc ITrustRegistry
    mapping(bytes32 accreditor => mapping(bytes32 body => bool)) public hasAccredited;

    // ------------------------------------------------------------------------------------------------ acts

    /// @inheritdoc ITrustRegistry
    function grantScope(bytes32 accreditor, string calldata scope, uint64 from, uint64 until) external {
        _requireAdmin(root);
        _requireKind(accreditor, Kind.Accreditor);
        from = Times.start(from, until);
        Entries.Entry[] storage list = _grants[accreditor][_hash(scope)];
        if (list.length == 0) _scopes[accreditor].push(scope);
        _appendGrant(accreditor, scope, list, _new(Act.Granted, Reason.Unspecified, from, until, root));
    }

    /// @inheritdoc ITrustRegistry
    function suspendGrant(bytes32 accreditor, string calldata scope, uint64 since, Reason reason) external {
        _endGrant(accreditor, scope, _ending(Act.Suspended, reason, since, root));
    }

    /// @inheritdoc ITrustRegistry
    function withdrawGrant(bytes32 accreditor, string calldata scope, uint64 since, Reason reason) external {
        _endGrant(accreditor, scope, _ending(Act.Withdrawn, reason, since, root));
    }

    /// @inheritdoc ITrustRegistry
    function accredit(bytes32 accreditor, bytes32 body, string calldata scope, uint64 from, uint64 until) external {
        _requireActiveAdmin(accreditor);
        _requireKind(body, Kind.Body);
        from = Times.start(from, until);
        Entries.ByAuthor storage all = _accreditations[body][_requireGranted(accreditor, scope, from)];
        if (all.authors.length == 0) _scopes[body].push(scope);
        hasAccredited[accreditor][body] = true;
        Entries.Entry memory entry = _new(Act.Granted, Reason.Unspecified, from, until, accreditor);
        _appendAccreditation(accreditor, body, scope, all.listOf(accreditor, Entries.MAX_AUTHORS), entry);
    }

    /// @inheritdoc ITrustRegistry
    function suspendAccreditation(
        bytes32 by,
        bytes32 accreditor,
        bytes32 body,
        string calldata scope,
        uint64 since,
        Reason reason
    ) external {
        _endAccreditation(accreditor, body, scope, _ending(Act.Suspended, reason, since, by));
    }

    /// @inheritdoc ITrustRegistry
    function withdrawAccreditation(
        bytes32 by,
        bytes32 accreditor,
        bytes32 body,
        string calldata scope,
        uint64 since,
        Reason reason
    ) external {
        _endAccreditation(accreditor, body, scope, _ending(Act.Withdrawn, reason, since, by));
    }

    // ------------------------------------------------------------------------------------------------ views

    /// @inheritdoc ITrustRegistry
    function accreditationAt(bytes32 org, string calldata scope, uint64 when)
        external
        view
        returns (Accreditation memory best)
    {
        bytes32[] memory prefixes = Scope.parse(scope);
        Kind kind = _organisations[org].kind;
        if (kind == Kind.Root) {
            best.state = AccreditationState.Valid;
        } else if (kind == Kind.Accreditor) {
            best.accreditor = org;
            _lookUpGrant(best, scope, prefixes, prefixes.length, when);
        } else if (kind == Kind.Body) {
            // From the scope itself up to its first segment; the first chain that holds will do.
            for (uint256 n = prefixes.length; n > 0 && best.state != AccreditationState.Valid; --n) {
                _lookUp(best, org, scope, prefixes, n, when);
            }
        }
    }

    /// @inheritdoc ITrustRegistry
    function scopes(bytes32 org, uint256 offset, uint256 limit) external view returns (string[] memory page) {
        string[] storage all = _scopes[org];
        page = new string[](Page.size(all.length, offset, limit));
        for (uint256 i; i < page.length; ++i) {
            page[i] = all[offset + i];
        }
    }

    /// @inheritdoc ITrustRegistry
    function accreditors(bytes32 body, string calldata scope) external view returns (bytes32[] memory) {
        return _accreditations[body][_hash(scope)].authors;
    }

    /// @inheritdoc ITrustRegistry
    function accreditationEntries(
        bytes32 body,
        string calldata scope,
        bytes32 accreditor,
        uint256 offset,
        uint256 limit
    ) external view returns (Entry[] memory) {
        return _entries(_accreditations[body][_hash(scope)].entries[accreditor], accreditor, offset, limit);
    }

    /// @inheritdoc ITrustRegistry
    function grantEntries(bytes32 accreditor, string calldata scope, uint256 offset, uint256 limit)
        external
        view
        returns (Entry[] memory)
    {
        return _entries(_grants[accreditor][_hash(scope)], root, offset, limit);
    }

    // ------------------------------------------------------------------------------------------------ private

    function _ending(Act act, Reason reason, uint64 since, bytes32 by) private view returns (Entries.Entry memory) {
        return _new(act, reason, Times.since(since, Times.OVERSIGHT_WINDOW), 0, by);
    }

    function _endGrant(bytes32 accreditor, string memory scope, Entries.Entry memory entry) private {
        _requireAdmin(root);
        Entries.Entry[] storage list = _grants[accreditor][_hash(scope)];
        _requireEndable(list, Act(entry.value));
        _appendGrant(accreditor, scope, list, entry);
    }

    function _endAccreditation(bytes32 accreditor, bytes32 body, string memory scope, Entries.Entry memory entry)
        private
    {
        _requireActiveAdmin(entry.by);
        if (entry.by != accreditor && entry.by != root) revert NoAuthority(entry.by, body);
        Entries.Entry[] storage list = _accreditations[body][_hash(scope)].entries[accreditor];
        _requireEndable(list, Act(entry.value));
        _appendAccreditation(accreditor, body, scope, list, entry);
    }

    /// @return id of the scope, which the accreditor's grant covers at `from`
    function _requireGranted(bytes32 accreditor, string memory scope, uint64 from) private view returns (bytes32 id) {
        bytes32[] memory prefixes = Scope.parse(scope);
        (AccreditationState state,,) = _grantAt(accreditor, prefixes, prefixes.length, from);
        if (state != AccreditationState.Valid) revert ScopeNotGranted(accreditor, scope, state);
        return prefixes[prefixes.length - 1];
    }

    function _requireEndable(Entries.Entry[] storage list, Act wanted) private view {
        Act current = Act(list.standing());
        if (current == Act.Granted || (current == Act.Suspended && wanted == Act.Withdrawn)) return;
        revert WrongTransition(current, wanted);
    }

    function _appendGrant(
        bytes32 accreditor,
        string memory scope,
        Entries.Entry[] storage list,
        Entries.Entry memory entry
    ) private {
        list.append(entry, root, entry.value == uint8(Act.Withdrawn));
        emit GrantRecorded(accreditor, _hash(scope), scope, _entry(entry, root));
    }

    function _appendAccreditation(
        bytes32 accreditor,
        bytes32 body,
        string memory scope,
        Entries.Entry[] storage list,
        Entries.Entry memory entry
    ) private {
        list.append(entry, accreditor, entry.value == uint8(Act.Withdrawn));
        emit AccreditationRecorded(body, accreditor, _hash(scope), scope, _entry(entry, accreditor));
    }

    /// @dev Puts into `best` what `org` has for the first `n` segments, if it comes closer.
    function _lookUp(
        Accreditation memory best,
        bytes32 org,
        string memory scope,
        bytes32[] memory prefixes,
        uint256 n,
        uint64 when
    ) private view {
        Entries.ByAuthor storage all = _accreditations[org][prefixes[n - 1]];
        for (uint256 i; i < all.authors.length; ++i) {
            Accreditation memory found;
            found.accreditor = all.authors[i];
            found.scope = Scope.prefix(scope, n);
            Entries.Entry[] storage list = all.entries[found.accreditor];
            uint256 index;
            (found.state, index) = _stateAt(list, when);
            found.accreditation = _entry(list[index], found.accreditor);
            if (found.state == AccreditationState.Valid) _lookUpGrant(found, scope, prefixes, n, when);
            if (found.state <= best.state) continue;
            (best.state, best.accreditor, best.scope) = (found.state, found.accreditor, found.scope);
            (best.accreditation, best.grantScope, best.grant) = (found.accreditation, found.grantScope, found.grant);
        }
    }

    /// @dev Puts the accreditor's own grant for the first `n` segments into `found`.
    function _lookUpGrant(
        Accreditation memory found,
        string memory scope,
        bytes32[] memory prefixes,
        uint256 n,
        uint64 when
    ) private view {
        (AccreditationState state, uint256 segments, uint256 index) = _grantAt(found.accreditor, prefixes, n, when);
        found.state = state;
        if (segments == 0) return;
        found.grantScope = Scope.prefix(scope, segments);
        found.grant = _entry(_grants[found.accreditor][prefixes[segments - 1]][index], root);
    }

    /// @return state valid, or the `Grant…` value that comes closest
    /// @return segments length of the granted scope; 0 if there is none
    /// @return index of the grant's entry that decides
    function _grantAt(bytes32 accreditor, bytes32[] memory prefixes, uint256 n, uint64 when)
        private
        view
        returns (AccreditationState state, uint256 segments, uint256 index)
    {
        state = AccreditationState.GrantNone;
        for (; n > 0 && state != AccreditationState.Valid; --n) {
            (AccreditationState plain, uint256 i) = _stateAt(_grants[accreditor][prefixes[n - 1]], when);
            AccreditationState found = _ofGrant(plain);
            if (found > state) (state, segments, index) = (found, n, i);
        }
    }

    /// @dev The value that says of the accreditor's grant what `plain` says of an accreditation.
    function _ofGrant(AccreditationState plain) private pure returns (AccreditationState) {
        if (plain == AccreditationState.Valid) return plain;
        return AccreditationState(uint8(plain) + uint8(AccreditationState.GrantNone));
    }

    /// @return the state at `when`, and the index of the entry that decides (the first one if all lie ahead)
    function _stateAt(Entries.Entry[] storage list, uint64 when) private view returns (AccreditationState, uint256) {
        if (list.length == 0) return (AccreditationState.None, 0);
        uint256 index = list.indexAt(when);
        if (index == Entries.NONE) return (AccreditationState.NotYet, 0);
        Act act = Act(list[index].value);
        if (act == Act.Withdrawn) return (AccreditationState.Withdrawn, index);
        if (act == Act.Suspended) return (AccreditationState.Suspended, index);
        uint64 until = list[index].until;
        return (until != 0 && when >= until ? AccreditationState.Expired : AccreditationState.Valid, index);
    }

    function _hash(string memory scope) private pure returns (bytes32) {
        bytes32[] memory prefixes = Scope.parse(scope);
        return prefixes[prefixes.length - 1];
    }
}
