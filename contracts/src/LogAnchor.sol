// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ILogAnchor} from "./interfaces/ILogAnchor.sol";
import {ITrustRegistry} from "./interfaces/ITrustRegistry.sol";
import {Merkle} from "./lib/Merkle.sol";
import {Page} from "./lib/Page.sol";
import {Text} from "./lib/Text.sol";
import {Times} from "./lib/Times.sol";

/// @title Roots of logs that only grow
contract LogAnchor is ILogAnchor {
    struct Log {
        bytes32 org;
        LogState state;
        uint64 openedAt;
        uint64 closedAt;
        uint64 proposedFromSize;
        uint40 proposedAt;
        string origin;
        Anchor[] anchors;
        CheckpointKey[] keys;
        Repudiation[] repudiations;
    }

    uint256 private constant MAX_KEYS = 256;
    // A stolen anchoring key could otherwise jump so far ahead that the log is at its end.
    uint64 private constant MAX_STEP = 1 << 24;
    uint64 private constant SIZE_LIMIT = 1 << 40;

    ITrustRegistry public immutable trust;

    mapping(bytes32 log => Log) private _logs;

    /// @inheritdoc ILogAnchor
    mapping(bytes32 org => bytes32 log) public openLogOf;

    constructor(ITrustRegistry trust_) {
        trust = trust_;
    }

    // ------------------------------------------------------------------------------------------------ acts

    /// @inheritdoc ILogAnchor
    function openLog(bytes32 org, string calldata origin, bytes32 genesisRoot) external returns (bytes32 log) {
        _requireAdmin(org);
        _requireActive(org);
        if (!Text.isOrigin(origin)) revert BadOrigin(origin);
        if (genesisRoot == 0) revert EmptyRoot();
        if (openLogOf[org] != 0) revert HasOpenLog(org, openLogOf[org]);
        log = logId(org, origin);
        Log storage l = _logs[log];
        if (l.state != LogState.None) revert LogExists(log);
        (l.org, l.origin, l.state, l.openedAt) = (org, origin, LogState.Open, Times.current());
        openLogOf[org] = log;
        emit LogOpened(log, org, origin, l.openedAt);
        _append(log, l, 1, genesisRoot);
    }

    /// @inheritdoc ILogAnchor
    function anchor(bytes32 log, uint64 oldSize, uint64 newSize, bytes32 newRoot, bytes32[] calldata proof) external {
        Log storage l = _known(log);
        Anchor memory last = _last(l);
        if (newSize <= last.size) return _requireAnchored(log, last.size, newSize, newRoot);
        if (!trust.isOperator(l.org, msg.sender, ITrustRegistry.Role.Anchor)) {
            revert NotAnchorOperator(l.org, msg.sender);
        }
        _requireActive(l.org);
        _requireOpen(log, l);
        if (oldSize != last.size) revert NotLatestSize(log, last.size, oldSize);
        if (newSize - oldSize > MAX_STEP) revert StepTooLarge(oldSize, newSize);
        if (newSize >= SIZE_LIMIT) revert SizeTooLarge(newSize);
        if (!Merkle.verifyConsistency(oldSize, last.root, newSize, newRoot, proof)) {
            revert NotConsistent(log, oldSize, newSize);
        }
        _append(log, l, newSize, newRoot);
    }

    /// @inheritdoc ILogAnchor
    function setCheckpointKey(bytes32 log, bytes32 key) external {
        Log storage l = _known(log);
        _requireAdmin(l.org);
        _requireActive(l.org);
        uint256 count = l.keys.length;
        if (key == (count == 0 ? bytes32(0) : l.keys[count - 1].key)) revert SameCheckpointKey(log, key);
        // The last place is for the end of a key.
        if (count >= (key == 0 ? MAX_KEYS : MAX_KEYS - 1)) revert TooManyCheckpointKeys(log);
        l.keys.push(CheckpointKey(key, Times.current()));
        emit CheckpointKeySet(log, key, Times.current());
    }

    /// @inheritdoc ILogAnchor
    function closeLog(bytes32 log) external {
        Log storage l = _known(log);
        _requireAdmin(l.org);
        _requireActive(l.org);
        _requireOpen(log, l);
        _close(l);
        l.state = LogState.Closed;
        emit LogClosed(log, _last(l).size, _last(l).root, Times.current());
    }

    /// @inheritdoc ILogAnchor
    function proposeRepudiation(bytes32 log, uint64 fromSize) external {
        Log storage l = _known(log);
        _requireAdmin(l.org);
        uint256 count = l.repudiations.length;
        uint64 limit = count == 0 ? _last(l).size : l.repudiations[count - 1].fromSize - 1;
        if (fromSize == 0 || fromSize > limit) revert RepudiationOutOfRange(log, fromSize, limit);
        (l.proposedFromSize, l.proposedAt) = (fromSize, uint40(Times.current()));
        emit RepudiationProposed(log, fromSize, Times.current());
    }

    /// @inheritdoc ILogAnchor
    function confirmRepudiation(bytes32 log, uint64 fromSize) external {
        Log storage l = _known(log);
        bytes32 sponsor = trust.sponsorOf(l.org);
        _requireAdmin(sponsor);
        _requireActive(sponsor);
        if (fromSize == 0 || fromSize != l.proposedFromSize) {
            revert OtherRepudiationProposed(log, l.proposedFromSize, fromSize);
        }
        Repudiation memory r = Repudiation(fromSize, l.proposedAt, Times.current(), sponsor);
        (l.proposedFromSize, l.proposedAt) = (0, 0);
        l.repudiations.push(r);
        if (l.state == LogState.Open) _close(l);
        l.state = LogState.Repudiated;
        emit LogRepudiated(log, r.fromSize, r.proposedAt, r.confirmedAt, r.sponsor);
    }

    // ------------------------------------------------------------------------------------------------ views

    /// @inheritdoc ILogAnchor
    function logId(bytes32 org, string calldata origin) public pure returns (bytes32) {
        return sha256(abi.encodePacked(org, sha256(bytes(origin))));
    }

    /// @inheritdoc ILogAnchor
    function logInfo(bytes32 log) external view returns (LogInfo memory info) {
        Log storage l = _logs[log];
        if (l.state == LogState.None) return info;
        (info.org, info.origin, info.state) = (l.org, l.origin, l.state);
        (info.openedAt, info.closedAt, info.anchors) = (l.openedAt, l.closedAt, uint64(l.anchors.length));
        (info.size, info.root) = (_last(l).size, _last(l).root);
        uint256 count = l.repudiations.length;
        if (count != 0) (info.repudiated, info.repudiatedFrom) = (true, l.repudiations[count - 1].fromSize);
    }

    /// @inheritdoc ILogAnchor
    function organisationOf(bytes32 log) external view returns (bytes32) {
        return _logs[log].org;
    }

    /// @inheritdoc ILogAnchor
    function latest(bytes32 log) external view returns (Anchor memory last) {
        Log storage l = _logs[log];
        if (l.state != LogState.None) last = _last(l);
    }

    /// @inheritdoc ILogAnchor
    function anchorAt(bytes32 log, uint64 size) public view returns (bool exists, Anchor memory found) {
        if (size == 0) return (exists, found);
        (exists, found) = firstAnchorCovering(log, size - 1);
        if (found.size != size) return (false, Anchor(0, 0, 0, 0));
    }

    /// @inheritdoc ILogAnchor
    function firstAnchorCovering(bytes32 log, uint64 index) public view returns (bool exists, Anchor memory found) {
        Anchor[] storage all = _logs[log].anchors;
        (uint256 low, uint256 high) = (0, all.length);
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (all[middle].size > index) high = middle;
            else low = middle + 1;
        }
        if (low < all.length) (exists, found) = (true, all[low]);
    }

    /// @inheritdoc ILogAnchor
    function anchors(bytes32 log, uint256 offset, uint256 limit) external view returns (Anchor[] memory page) {
        Anchor[] storage all = _logs[log].anchors;
        page = new Anchor[](Page.size(all.length, offset, limit));
        for (uint256 i; i < page.length; ++i) {
            page[i] = all[offset + i];
        }
    }

    /// @inheritdoc ILogAnchor
    function checkpointKeyAt(bytes32 log, uint64 when) external view returns (CheckpointKey memory key) {
        CheckpointKey[] storage all = _logs[log].keys;
        for (uint256 i = all.length; i > 0; --i) {
            if (all[i - 1].since <= when) return all[i - 1];
        }
    }

    /// @inheritdoc ILogAnchor
    function checkpointKeys(bytes32 log, uint256 offset, uint256 limit)
        external
        view
        returns (CheckpointKey[] memory page)
    {
        CheckpointKey[] storage all = _logs[log].keys;
        page = new CheckpointKey[](Page.size(all.length, offset, limit));
        for (uint256 i; i < page.length; ++i) {
            page[i] = all[offset + i];
        }
    }

    /// @inheritdoc ILogAnchor
    function proposedRepudiation(bytes32 log) external view returns (uint64 fromSize, uint64 proposedAt) {
        return (_logs[log].proposedFromSize, _logs[log].proposedAt);
    }

    /// @inheritdoc ILogAnchor
    function repudiations(bytes32 log, uint256 offset, uint256 limit)
        external
        view
        returns (Repudiation[] memory page)
    {
        Repudiation[] storage all = _logs[log].repudiations;
        page = new Repudiation[](Page.size(all.length, offset, limit));
        for (uint256 i; i < page.length; ++i) {
            page[i] = all[offset + i];
        }
    }

    /// @inheritdoc ILogAnchor
    function verifyInclusion(bytes32 log, uint64 size, uint64 index, bytes32 leaf, bytes32[] calldata path)
        external
        view
        returns (bool)
    {
        (bool exists, Anchor memory a) = anchorAt(log, size);
        if (!exists) revert SizeNotAnchored(log, size);
        return Merkle.verifyInclusion(leaf, index, size, a.root, path);
    }

    // ------------------------------------------------------------------------------------------------ private

    function _append(bytes32 log, Log storage l, uint64 size, bytes32 root) private {
        Anchor memory a = Anchor(size, Times.current(), uint64(block.number), root);
        l.anchors.push(a);
        emit Anchored(log, a.size, a.root, a.time, a.blockNumber);
    }

    function _close(Log storage l) private {
        l.closedAt = Times.current();
        delete openLogOf[l.org];
    }

    /// @dev Repeating an anchor is harmless; another root for its size, or a size in between, is not.
    function _requireAnchored(bytes32 log, uint64 lastSize, uint64 size, bytes32 root) private view {
        (bool exists, Anchor memory a) = anchorAt(log, size);
        if (!exists) revert SizeNotAboveLatest(log, lastSize, size);
        if (a.root != root) revert OtherRootAnchored(log, size, a.root, root);
    }

    function _known(bytes32 log) private view returns (Log storage l) {
        l = _logs[log];
        if (l.state == LogState.None) revert UnknownLog(log);
    }

    function _last(Log storage l) private view returns (Anchor storage) {
        return l.anchors[l.anchors.length - 1];
    }

    function _requireAdmin(bytes32 org) private view {
        if (!trust.isAdmin(org, msg.sender)) revert NotAdministrator(org, msg.sender);
    }

    function _requireActive(bytes32 org) private view {
        if (!trust.isActive(org)) revert OrganisationNotActive(org);
    }

    function _requireOpen(bytes32 log, Log storage l) private view {
        if (l.state != LogState.Open) revert LogNotOpen(log, l.state);
    }
}
