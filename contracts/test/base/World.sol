// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {LogAnchor} from "../../src/LogAnchor.sol";
import {StatusRegistry} from "../../src/StatusRegistry.sol";
import {TrustRegistry} from "../../src/TrustRegistry.sol";
import {ILogAnchor} from "../../src/interfaces/ILogAnchor.sol";
import {IStatusRegistry} from "../../src/interfaces/IStatusRegistry.sol";
import {ITrustRegistry} from "../../src/interfaces/ITrustRegistry.sol";
import {ReferenceTree} from "./ReferenceTree.sol";
import {Test} from "./Test.sol";

/// @title A small country: root, two accreditors, two regulators, a body under each accreditor
/// @dev The first body is accredited for `verification/scales` by the first accreditor, who holds `verification`.
abstract contract World is Test {
    using ReferenceTree for bytes32[];

    uint64 internal constant START = 1_800_000_000;

    address internal constant ROOT_ADMIN = address(0xA0);
    address internal constant ACCREDITOR_ADMIN = address(0xA1);
    address internal constant OTHER_ACCREDITOR_ADMIN = address(0xA2);
    address internal constant REGULATOR_ADMIN = address(0xA3);
    address internal constant OTHER_REGULATOR_ADMIN = address(0xA4);
    address internal constant BODY_ADMIN = address(0xA5);
    address internal constant OTHER_BODY_ADMIN = address(0xA6);
    address internal constant ANCHOR_OPERATOR = address(0xB0);
    address internal constant STATUS_OPERATOR = address(0xB1);
    address internal constant STRANGER = address(0xC0);

    string internal constant ORIGIN = "tem.example/body";

    bytes32 internal immutable root = sha256("did:web:root.example");
    bytes32 internal immutable accreditor = sha256("did:web:accreditor.example");
    bytes32 internal immutable otherAccreditor = sha256("did:web:other-accreditor.example");
    bytes32 internal immutable regulator = sha256("did:web:regulator.example");
    bytes32 internal immutable otherRegulator = sha256("did:web:other-regulator.example");
    bytes32 internal immutable body = sha256("did:web:body.example");
    bytes32 internal immutable otherBody = sha256("did:web:other-body.example");

    TrustRegistry internal trust;
    LogAnchor internal logs;
    StatusRegistry internal statuses;

    function setUp() public virtual {
        vm.warp(START);
        vm.roll(1000);
        trust = new TrustRegistry("did:web:root.example", "Root", ROOT_ADMIN);
        logs = new LogAnchor(trust);
        statuses = new StatusRegistry(trust, logs);
        _register("did:web:accreditor.example", ITrustRegistry.Kind.Accreditor, root, ACCREDITOR_ADMIN);
        _register("did:web:other-accreditor.example", ITrustRegistry.Kind.Accreditor, root, OTHER_ACCREDITOR_ADMIN);
        _register("did:web:regulator.example", ITrustRegistry.Kind.Regulator, root, REGULATOR_ADMIN);
        _register("did:web:other-regulator.example", ITrustRegistry.Kind.Regulator, root, OTHER_REGULATOR_ADMIN);
        _register("did:web:body.example", ITrustRegistry.Kind.Body, accreditor, BODY_ADMIN);
        _register("did:web:other-body.example", ITrustRegistry.Kind.Body, otherAccreditor, OTHER_BODY_ADMIN);
        vm.prank(ROOT_ADMIN);
        trust.grantScope(accreditor, "verification", 0, 0);
        vm.prank(ROOT_ADMIN);
        trust.grantScope(otherAccreditor, "verification/scales", 0, 0);
        vm.prank(ACCREDITOR_ADMIN);
        trust.accredit(accreditor, body, "verification/scales", 0, 0);
        vm.prank(BODY_ADMIN);
        trust.setOperator(body, ANCHOR_OPERATOR, ITrustRegistry.Role.Anchor, true);
        vm.prank(BODY_ADMIN);
        trust.setOperator(body, STATUS_OPERATOR, ITrustRegistry.Role.Status, true);
    }

    function _register(string memory did, ITrustRegistry.Kind kind, bytes32 sponsor, address admin)
        internal
        returns (bytes32 org)
    {
        org = sha256(bytes(did));
        (,,, address sponsorAdmin) = _about(sponsor);
        vm.prank(sponsorAdmin);
        trust.register(org, did, did, kind, sponsor, admin);
    }

    function _about(bytes32 org)
        internal
        view
        returns (string memory did, ITrustRegistry.Kind kind, bytes32 sponsor, address admin)
    {
        ITrustRegistry.Organisation memory o = trust.organisation(org);
        return (o.did, o.kind, o.sponsor, o.admin);
    }

    function _suspend(bytes32 by, bytes32 org) internal {
        (,,, address admin) = _about(by);
        vm.prank(admin);
        trust.suspendOrganisation(by, org, 0, ITrustRegistry.Reason.Investigation);
    }

    /// @dev A key on the curve for each number from 1.
    function _point(uint256 number) internal pure returns (bytes32, bytes32) {
        (uint256 x, uint256 y) = vm.publicKeyP256(number);
        return (bytes32(x), bytes32(y));
    }

    function _addKey(uint64 from, uint64 until) internal returns (bytes8) {
        (bytes32 x, bytes32 y) = _point(1);
        vm.prank(BODY_ADMIN);
        return trust.addKey(body, x, y, from, until, ITrustRegistry.Custody.Body);
    }

    // Leaves of the body's log are numbered; the tree of the first `size` of them is always the same.

    function _leaf(uint256 index) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(hex"00", index));
    }

    function _leaves(uint256 count) internal pure returns (bytes32[] memory leaves) {
        leaves = new bytes32[](count);
        for (uint256 i; i < count; ++i) {
            leaves[i] = _leaf(i);
        }
    }

    function _rootOf(uint256 size) internal pure returns (bytes32) {
        return _leaves(size).root(0, size);
    }

    function _proof(uint256 size1, uint256 size2) internal pure returns (bytes32[] memory) {
        return _leaves(size2).proof(size1, 0, size2, true);
    }

    // `prank` and `expectRevert` are for the next call, and SHA-256 is one: so hashes come first.

    function _openLog() internal returns (bytes32) {
        bytes32 genesisRoot = _leaf(0);
        vm.prank(BODY_ADMIN);
        return logs.openLog(body, ORIGIN, genesisRoot);
    }

    function _anchor(bytes32 log, uint64 size1, uint64 size2) internal {
        (bytes32 newRoot, bytes32[] memory proof) = (_rootOf(size2), _proof(size1, size2));
        vm.prank(ANCHOR_OPERATOR);
        logs.anchor(log, size1, size2, newRoot, proof);
    }
}
