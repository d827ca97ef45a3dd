// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ITrustRegistry} from "../interfaces/ITrustRegistry.sol";
import {Entries} from "../lib/Entries.sol";
import {P256} from "../lib/P256.sol";
import {Page} from "../lib/Page.sol";
import {Times} from "../lib/Times.sol";
import {Organisations} from "./Organisations.sol";

/// @title Signing keys
abstract contract Keys is Organisations {
    using Entries for Entries.Entry[];

    /// @param revocations each effective earlier than the one before, so that the newest decides
    struct StoredKey {
        bytes32 x;
        bytes32 y;
        uint64 from;
        uint64 until;
        uint64 recordedAt;
        Custody custody;
        Entries.Entry[] revocations;
    }

    mapping(bytes32 org => mapping(bytes8 kid => StoredKey)) private _keys;
    mapping(bytes32 org => bytes8[]) private _kids;

    /// @inheritdoc ITrustRegistry
    function addKey(bytes32 org, bytes32 x, bytes32 y, uint64 from, uint64 until, Custody custody)
        external
        returns (bytes8 kid)
    {
        _requireActiveAdmin(org);
        from = Times.start(from, until);
        if (!P256.isOnCurve(x, y)) revert PointNotOnCurve(x, y);
        kid = P256.kid(x, y);
        StoredKey storage key = _keys[org][kid];
        if (key.recordedAt != 0) revert KeyExists(org, kid);
        (key.x, key.y, key.from, key.until) = (x, y, from, until);
        (key.recordedAt, key.custody) = (Times.current(), custody);
        _kids[org].push(kid);
        emit KeyAdded(org, kid, x, y, from, until, Times.current(), custody);
    }

    /// @inheritdoc ITrustRegistry
    function revokeKey(bytes32 by, bytes32 org, bytes8 kid, uint64 since, Reason reason) external {
        _requireAdmin(by);
        bool own = by == org;
        if (!own) {
            if (by != _known(org).sponsor && by != root) revert NoAuthority(by, org);
            _requireActive(by);
        }
        StoredKey storage key = _keys[org][kid];
        if (key.recordedAt == 0) revert UnknownKey(org, kid);
        // The root has nobody above it who could reach further back.
        bool above = !own || org == root;
        since = Times.since(since, above ? Times.OVERSIGHT_WINDOW : Times.OWN_WINDOW, key.from);
        uint256 count = key.revocations.length;
        if (count != 0 && since >= key.revocations[count - 1].effective) {
            revert AlreadyRevoked(org, kid, key.revocations[count - 1].effective);
        }
        Entries.Entry memory entry = _new(Act.Withdrawn, reason, since, 0, by);
        key.revocations.append(entry, org, above);
        emit KeyRevoked(org, kid, _entry(entry, org));
    }

    /// @inheritdoc ITrustRegistry
    function keyAt(bytes32 org, bytes8 kid, uint64 when) external view returns (Key memory result) {
        StoredKey storage key = _keys[org][kid];
        if (key.recordedAt == 0) return result;
        (result.x, result.y, result.custody) = (key.x, key.y, key.custody);
        (result.from, result.until, result.recordedAt) = (key.from, key.until, key.recordedAt);
        uint256 count = key.revocations.length;
        if (count != 0) result.revocation = _entry(key.revocations[count - 1], org);
        if (when < key.from) result.state = KeyState.NotYet;
        else if (count != 0 && result.revocation.effective <= when) result.state = KeyState.Revoked;
        else if (key.until != 0 && when >= key.until) result.state = KeyState.Expired;
        else result.state = KeyState.Valid;
    }

    /// @inheritdoc ITrustRegistry
    function keys(bytes32 org, uint256 offset, uint256 limit) external view returns (bytes8[] memory page) {
        bytes8[] storage all = _kids[org];
        page = new bytes8[](Page.size(all.length, offset, limit));
        for (uint256 i; i < page.length; ++i) {
            page[i] = all[offset + i];
        }
    }

    /// @inheritdoc ITrustRegistry
    function keyHistory(bytes32 org, bytes8 kid, uint256 offset, uint256 limit) external view returns (Entry[] memory) {
        return _entries(_keys[org][kid].revocations, org, offset, limit);
    }
}
