// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ILogAnchor as L} from "../../src/interfaces/ILogAnchor.sol";
import {IStatusRegistry as S} from "../../src/interfaces/IStatusRegistry.sol";
import {ITrustRegistry as T} from "../../src/interfaces/ITrustRegistry.sol";
import {Readings} from "./Readings.sol";

/// @title Anybody doing anything, mostly in their own name, with times that are mostly allowed
/// @dev After each act that went through it is checked who did it, and that nothing it may not reach has changed.
contract Handler is Readings {
    uint256 private constant LOG_SIZE = 40;

    address[] private _actors;
    mapping(bytes32 org => address) private _adminOf;
    bytes8[] public kids;

    /// @dev How often each act went through.
    mapping(string act => uint256) public went;

    constructor() {
        setUp();
        log = _openLog();
        _orgs = [root, accreditor, otherAccreditor, regulator, otherRegulator, body, otherBody];
        for (uint256 i; i < _orgs.length; ++i) {
            (,,, _adminOf[_orgs[i]]) = _about(_orgs[i]);
            _actors.push(_adminOf[_orgs[i]]);
        }
        _actors.push(ANCHOR_OPERATOR);
        _actors.push(STATUS_OPERATOR);
        _actors.push(STRANGER);
        kids.push(_addKey(0, START + 300 days));
    }

    // ------------------------------------------------------------------------------------------------ acts

    function pass(uint256 time) external {
        vm.warp(block.timestamp + time % 20 days);
        vm.roll(block.number + 1);
    }

    function suspendOrganisation(uint256 who, uint256 b, uint256 o, uint256 back) external {
        (bytes32 by, bytes32 org, uint64 since) = (_org(b), _org(o), _since(back));
        address actor = _actor(who, by);
        if (!_do(
                "suspendOrganisation",
                actor,
                address(trust),
                since,
                abi.encodeCall(T.suspendOrganisation, (by, org, since, T.Reason.Investigation))
            )) return;
        vm.assertEq(actor, _adminOf[by]);
        vm.assertTrue(by == root || trust.kindOf(by) == T.Kind.Regulator || by == trust.sponsorOf(org));
        _requireWithin(since, 90 days);
    }

    function resumeOrganisation(uint256 who, uint256 b, uint256 o, uint256 a) external {
        (bytes32 by, bytes32 org, bytes32 author) = (_org(b), _org(o), _org(a));
        if (a % 2 == 0) by = author;
        address actor = _actor(who, by);
        if (!_do(
                "resumeOrganisation",
                actor,
                address(trust),
                0,
                abi.encodeCall(T.resumeOrganisation, (by, org, author, T.Reason.Resolved))
            )) return;
        vm.assertEq(actor, _adminOf[by]);
        vm.assertTrue(by == author || by == root || trust.kindOf(author) != T.Kind.Regulator);
    }

    function grant(uint256 who, uint256 o, uint256 s, uint256 ahead, uint256 length) external {
        (bytes32 org, uint64 from) = (_accreditor(o), _from(ahead));
        address actor = _actor(who, root);
        if (!_do(
                "grant",
                actor,
                address(trust),
                from,
                abi.encodeCall(T.grantScope, (org, SCOPES[s % 3], from, _until(from, length)))
            )) return;
        vm.assertEq(actor, ROOT_ADMIN);
    }

    function endGrant(uint256 who, uint256 o, uint256 s, uint256 back) external {
        (bytes32 org, uint64 since) = (_accreditor(o), _since(back));
        address actor = _actor(who, root);
        bytes memory data = s % 2 == 0
            ? abi.encodeCall(T.suspendGrant, (org, SCOPES[s % 3], since, T.Reason.Investigation))
            : abi.encodeCall(T.withdrawGrant, (org, SCOPES[s % 3], since, T.Reason.Ceased));
        if (!_do("endGrant", actor, address(trust), since, data)) return;
        vm.assertEq(actor, ROOT_ADMIN);
        _requireWithin(since, 90 days);
    }

    function accredit(uint256 who, uint256 b, uint256 o, uint256 s, uint256 ahead, uint256 length) external {
        (bytes32 by, bytes32 org, uint64 from) = (_accreditor(b), _body(o), _from(ahead));
        address actor = _actor(who, by);
        if (!_do(
                "accredit",
                actor,
                address(trust),
                from,
                abi.encodeCall(T.accredit, (by, org, SCOPES[s % 3], from, _until(from, length)))
            )) return;
        vm.assertEq(actor, _adminOf[by]);
        vm.assertTrue(trust.isActive(by) && trust.kindOf(by) == T.Kind.Accreditor);
    }

    function endAccreditation(uint256 who, uint256 b, uint256 a, uint256 o, uint256 s, uint256 back) external {
        (bytes32 author, bytes32 org, uint64 since) = (_accreditor(a), _body(o), _since(back));
        bytes32 by = b % 3 == 0 ? _org(b) : author;
        address actor = _actor(who, by);
        bytes memory data = s % 2 == 0
            ? abi.encodeCall(T.suspendAccreditation, (by, author, org, SCOPES[s % 3], since, T.Reason.Investigation))
            : abi.encodeCall(T.withdrawAccreditation, (by, author, org, SCOPES[s % 3], since, T.Reason.Ceased));
        if (!_do("endAccreditation", actor, address(trust), since, data)) return;
        vm.assertEq(actor, _adminOf[by]);
        vm.assertTrue(by == author || by == root);
        _requireWithin(since, 90 days);
    }

    function addKey(uint256 who, uint256 number, uint256 ahead, uint256 length) external {
        (bytes32 x, bytes32 y) = _point(1 + number % 6);
        uint64 from = _from(ahead);
        address actor = _actor(who, body);
        if (!_do(
                "addKey",
                actor,
                address(trust),
                from,
                abi.encodeCall(T.addKey, (body, x, y, from, _until(from, length), T.Custody.Body))
            )) return;
        vm.assertEq(actor, BODY_ADMIN);
        kids.push(trust.keys(body, kids.length, 1)[0]);
    }

    function revokeKey(uint256 who, uint256 b, uint256 k, uint256 back) external {
        (bytes32 by, uint64 since) = (_org(b), _since(back));
        if (b % 3 != 0) by = b % 3 == 1 ? body : accreditor;
        address actor = _actor(who, by);
        if (!_do(
                "revokeKey",
                actor,
                address(trust),
                since,
                abi.encodeCall(T.revokeKey, (by, body, kids[k % kids.length], since, T.Reason.Compromised))
            )) return;
        vm.assertEq(actor, _adminOf[by]);
        vm.assertTrue(by == body || by == accreditor || by == root);
        _requireWithin(since, by == body ? 72 hours : 90 days);
    }

    function anchor(uint256 who, uint256 grow, bool honest) external {
        uint64 size1 = logs.latest(log).size;
        uint64 size2 = size1 + uint64(grow % 4);
        if (size2 > LOG_SIZE) return;
        (bytes32 newRoot, bytes32[] memory proof) = (_rootOf(size2), _proof(size1, size2));
        if (!honest) newRoot = ~newRoot;
        address actor = who % 4 == 0 ? _actor(0, body) : ANCHOR_OPERATOR;
        bool moves = size2 != size1;
        if (!_do("anchor", actor, address(logs), 0, abi.encodeCall(L.anchor, (log, size1, size2, newRoot, proof)))) {
            return;
        }
        vm.assertTrue(honest);
        if (moves) vm.assertTrue(actor == ANCHOR_OPERATOR && trust.isActive(body));
    }

    function setCheckpointKey(uint256 who, bytes32 key) external {
        address actor = _actor(who, body);
        if (!_do("setCheckpointKey", actor, address(logs), 0, abi.encodeCall(L.setCheckpointKey, (log, key)))) return;
        vm.assertTrue(actor == BODY_ADMIN && trust.isActive(body));
    }

    function setStatus(uint256 who, uint256 a, uint256 l, uint256 status, uint256 back) external {
        bytes32 author = _org(a);
        uint64 effective = author == body || status % 4 == 0 ? 0 : _since(back);
        if (back % 4 == 0) effective = _since(back);
        address actor = author == body && who % 2 == 0 ? STATUS_OPERATOR : _actor(who, author);
        bytes memory data = abi.encodeCall(
            S.setStatus, (log, LEAVES[l % 3], author, S.Status(status % 4), S.StatusReason.Nonconformity, effective)
        );
        uint256 before = _countStatuses();
        if (!_do("setStatus", actor, address(statuses), effective, data)) return;
        vm.assertTrue(actor == _adminOf[author] || (author == body && actor == STATUS_OPERATOR));
        vm.assertTrue(author == body || trust.hasAccredited(author, body) || trust.kindOf(author) == T.Kind.Regulator);
        if (_countStatuses() > before) _requireWithin(effective, author == body || status % 4 == 0 ? 0 : 90 days);
    }

    function lift(uint256 who, uint256 b, uint256 a, uint256 l) external {
        (bytes32 by, bytes32 author) = (_org(b), _org(a));
        address actor = _actor(who, by);
        bytes memory data = abi.encodeCall(S.lift, (by, log, LEAVES[l % 3], author, S.StatusReason.Resolved));
        if (!_do("lift", actor, address(statuses), 0, data)) return;
        vm.assertTrue(actor == _adminOf[by] && by != body && trust.kindOf(author) != T.Kind.Regulator);
    }

    /// @dev Whoever has no role may call what they like.
    function intrude(uint256 who, uint256 what, uint256 o, bytes32 any) external {
        address actor = who % 2 == 0 ? STRANGER : ANCHOR_OPERATOR;
        bytes32 org = _org(o);
        bytes[7] memory calls = [
            abi.encodeCall(T.transferSponsor, (body, otherAccreditor)),
            abi.encodeCall(T.setOperator, (org, actor, T.Role(o % 2), true)),
            abi.encodeCall(T.changeAdmin, (org, actor)),
            abi.encodeCall(T.proposeAdmin, (org, actor)),
            abi.encodeCall(T.executeAdmin, (org)),
            abi.encodeCall(T.cancelAdmin, (org)),
            abi.encodeCall(T.register, (any, "did:web:x", "x", T.Kind.Body, org, actor))
        ];
        vm.assertFalse(_do("intrude", actor, address(trust), 0, calls[what % 7]));
        bytes[4] memory more = [
            abi.encodeCall(L.openLog, (org, "tem.example/x", any)),
            abi.encodeCall(L.closeLog, (log)),
            abi.encodeCall(L.proposeRepudiation, (log, 1)),
            abi.encodeCall(L.confirmRepudiation, (log, 1))
        ];
        vm.assertFalse(_do("intrude", actor, address(logs), 0, more[what % 4]));
        vm.assertFalse(
            _do(
                "intrude",
                actor,
                address(statuses),
                0,
                abi.encodeCall(S.annul, (log, LEAVES[0], org, 0, S.AnnulReason.Mistake))
            )
        );
    }

    // ------------------------------------------------------------------------------------------------ helpers

    function _do(string memory act, address actor, address target, uint64 effective, bytes memory data)
        private
        returns (bool ok)
    {
        uint64 reach = effective == 0 ? uint64(block.timestamp) : effective;
        // The second before it counts, or any before that.
        uint256 dice = uint256(keccak256(abi.encode(data, block.timestamp)));
        uint64 when = reach - 1 - uint64(dice % 2 == 0 ? 0 : dice % 100 days);
        bytes memory before = _answers(when);
        vm.prank(actor);
        (ok,) = target.call(data);
        if (!ok) return false;
        ++went[act];
        vm.assertEq(keccak256(_answers(when)), keccak256(before), "an answer about the past has changed");
    }

    function _requireWithin(uint64 since, uint64 window) private view {
        vm.assertTrue(
            since == 0 || (since <= block.timestamp && since + window >= block.timestamp), "outside its window"
        );
    }

    function _org(uint256 seed) private view returns (bytes32) {
        return _orgs[seed % _orgs.length];
    }

    /// @dev Mostly an accreditor, now and then anybody.
    function _accreditor(uint256 seed) private view returns (bytes32) {
        return seed % 5 == 0 ? _org(seed / 5) : seed % 5 < 4 ? accreditor : otherAccreditor;
    }

    /// @dev Mostly the body, now and then anybody.
    function _body(uint256 seed) private view returns (bytes32) {
        return seed % 5 == 0 ? _org(seed / 5) : body;
    }

    /// @dev Mostly the organisation's administrator, now and then anybody.
    function _actor(uint256 seed, bytes32 org) private view returns (address) {
        return seed % 4 == 0 ? _actors[(seed / 4) % _actors.length] : _adminOf[org];
    }

    /// @dev 0, or a time from 100 days ago until an hour ahead.
    function _since(uint256 seed) private view returns (uint64) {
        return seed % 3 == 0 ? 0 : uint64(block.timestamp + 1 hours - seed % 100 days);
    }

    /// @dev 0, or a time from an hour ago until 30 days ahead.
    function _from(uint256 seed) private view returns (uint64) {
        return seed % 3 == 0 ? 0 : uint64(block.timestamp - 1 hours + seed % 30 days);
    }

    function _until(uint64 from, uint256 seed) private view returns (uint64) {
        uint64 start = from == 0 ? uint64(block.timestamp) : from;
        return seed % 3 == 0 ? 0 : start + uint64(seed % 60 days);
    }
}
