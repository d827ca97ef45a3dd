// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IStatusRegistry as S} from "../src/interfaces/IStatusRegistry.sol";
import {ITrustRegistry as T} from "../src/interfaces/ITrustRegistry.sol";
import {ReferenceTree} from "./base/ReferenceTree.sol";
import {World} from "./base/World.sol";

/// @title What each call costs, as the committed figures in contracts/snapshots say
/// @dev Every act is a transaction of its own here, so the figures are whole: base fee, input, cold storage.
/// forge-config: default.isolate = true
contract GasTest is World {
    bytes32 private log;

    function setUp() public override {
        super.setUp();
        log = _openLog();
    }

    // ------------------------------------------------------------------------------------------------ TrustRegistry

    function test_gas_register() public {
        bytes32 org = sha256("did:web:quatest3.example");
        string memory name = unicode"Trung tâm Kỹ thuật Tiêu chuẩn Đo lường Chất lượng 3";
        vm.prank(ACCREDITOR_ADMIN);
        trust.register(org, "did:web:quatest3.example", name, T.Kind.Body, accreditor, STRANGER);
        _record("register");
    }

    function test_gas_suspendAndResumeOrganisation() public {
        vm.prank(ACCREDITOR_ADMIN);
        trust.suspendOrganisation(accreditor, body, 0, T.Reason.Investigation);
        _record("suspendOrganisation");
        vm.prank(ACCREDITOR_ADMIN);
        trust.resumeOrganisation(accreditor, body, accreditor, T.Reason.Resolved);
        _record("resumeOrganisation");
    }

    function test_gas_transferSponsor() public {
        vm.prank(ROOT_ADMIN);
        trust.transferSponsor(body, otherAccreditor);
        _record("transferSponsor");
    }

    function test_gas_accounts() public {
        vm.prank(BODY_ADMIN);
        trust.setOperator(body, STRANGER, T.Role.Anchor, true);
        _record("setOperator");
        vm.prank(ACCREDITOR_ADMIN);
        trust.proposeAdmin(body, STRANGER);
        _record("proposeAdmin");
        vm.prank(BODY_ADMIN);
        trust.cancelAdmin(body);
        _record("cancelAdmin");
        vm.prank(ACCREDITOR_ADMIN);
        trust.proposeAdmin(body, STRANGER);
        vm.warp(START + 7 days);
        vm.prank(STRANGER);
        trust.executeAdmin(body);
        _record("executeAdmin");
        vm.prank(STRANGER);
        trust.changeAdmin(body, BODY_ADMIN);
        _record("changeAdmin");
    }

    function test_gas_keys() public {
        bytes8 kid = _addKey(0, 0);
        _record("addKey, the organisation's first");
        (bytes32 x, bytes32 y) = _point(2);
        vm.prank(BODY_ADMIN);
        trust.addKey(body, x, y, 0, 0, T.Custody.Body);
        _record("addKey");
        trust.keyAt(body, kid, START);
        _record("view keyAt");
        vm.prank(BODY_ADMIN);
        trust.revokeKey(body, body, kid, 0, T.Reason.Compromised);
        _record("revokeKey");
    }

    function test_gas_scopes() public {
        vm.prank(ROOT_ADMIN);
        trust.grantScope(accreditor, "verification/meters", 0, 0);
        _record("grantScope, a new scope");
        vm.prank(ROOT_ADMIN);
        trust.suspendGrant(accreditor, "verification/meters", 0, T.Reason.Investigation);
        _record("suspendGrant");
        vm.prank(ROOT_ADMIN);
        trust.withdrawGrant(accreditor, "verification/meters", 0, T.Reason.Ceased);
        _record("withdrawGrant");
        vm.prank(ACCREDITOR_ADMIN);
        trust.accredit(accreditor, body, "verification/thermometers", 0, 0);
        _record("accredit, a new scope");
        vm.prank(ACCREDITOR_ADMIN);
        trust.accredit(accreditor, body, "verification/thermometers", 0, 0);
        _record("accredit, again");
        vm.prank(ACCREDITOR_ADMIN);
        trust.suspendAccreditation(accreditor, accreditor, body, "verification/scales", 0, T.Reason.Investigation);
        _record("suspendAccreditation");
        vm.prank(ACCREDITOR_ADMIN);
        trust.withdrawAccreditation(accreditor, accreditor, body, "verification/scales", 0, T.Reason.Ceased);
        _record("withdrawAccreditation");
        trust.accreditationAt(body, "verification/thermometers/clinical", START);
        _record("view accreditationAt");
    }

    // ------------------------------------------------------------------------------------------------ LogAnchor

    function test_gas_logs() public {
        vm.prank(OTHER_BODY_ADMIN);
        bytes32 other = logs.openLog(otherBody, "tem.example/quatest3", "genesis");
        _record("openLog");
        vm.prank(OTHER_BODY_ADMIN);
        logs.setCheckpointKey(other, "key");
        _record("setCheckpointKey, the first");
        vm.prank(OTHER_BODY_ADMIN);
        logs.proposeRepudiation(other, 1);
        _record("proposeRepudiation");
        vm.prank(OTHER_ACCREDITOR_ADMIN);
        logs.confirmRepudiation(other, 1);
        _record("confirmRepudiation");
        vm.prank(BODY_ADMIN);
        logs.closeLog(log);
        _record("closeLog");
    }

    function test_gas_anchor() public {
        _anchor(log, 1, 5);
        _record("anchor, proof of 3 hashes");
        _anchor(log, 1, 5);
        _record("anchor, repeated");
    }

    /// @dev Sixteen million entries at once, in a log of as many.
    function test_gas_anchorWithAProofOf26Hashes() public {
        (uint64 size1, uint64 size2) = (uint64(1 << 24) + 1, uint64(1 << 25));
        bytes32[] memory proof = new bytes32[](26);
        for (uint256 i; i < 26; ++i) {
            proof[i] = keccak256(abi.encode(i));
        }
        (bool ok, bytes32 old, bytes32 current) = ReferenceTree.rebuild(size1, size2, proof, 26, 0, true);
        vm.assertTrue(ok);
        _pretendLatest(size1, old);
        vm.prank(ANCHOR_OPERATOR);
        logs.anchor(log, size1, size2, current, proof);
        vm.assertLe(_record("anchor, proof of 26 hashes"), 130_000);
    }

    // ------------------------------------------------------------------------------------------------ StatusRegistry

    function test_gas_statuses() public {
        vm.prank(STATUS_OPERATOR);
        statuses.setStatus(log, "leaf", body, S.Status.Suspended, S.StatusReason.Investigation, 0);
        _record("setStatus");
        vm.prank(REGULATOR_ADMIN);
        statuses.lift(regulator, log, "leaf", body, S.StatusReason.Resolved);
        _record("lift");
        vm.prank(REGULATOR_ADMIN);
        statuses.setStatus(log, "leaf", regulator, S.Status.Withdrawn, S.StatusReason.Fraud, 0);
        _record("setStatus, another author");
        statuses.statusAt(log, "leaf", START);
        _record("view statusAt, two authors");
        vm.prank(ROOT_ADMIN);
        statuses.annul(log, "leaf", regulator, 0, S.AnnulReason.StolenKey);
        _record("annul");
    }

    function test_gas_setStatuses() public {
        S.StatusChange[] memory changes = new S.StatusChange[](100);
        for (uint256 i; i < changes.length; ++i) {
            changes[i] = S.StatusChange(
                log, keccak256(abi.encode(i)), body, S.Status.Withdrawn, S.StatusReason.IssuedInError, 0
            );
        }
        vm.prank(STATUS_OPERATOR);
        statuses.setStatuses(changes);
        _record("setStatuses, 100");
    }

    // ------------------------------------------------------------------------------------------------ sizes

    /// @dev A chain refuses code of more than 24,576 bytes.
    function test_sizes() public {
        _recordSize("size of TrustRegistry, bytes", address(trust));
        _recordSize("size of LogAnchor, bytes", address(logs));
        _recordSize("size of StatusRegistry, bytes", address(statuses));
    }

    function _record(string memory call_) private returns (uint256) {
        return vm.snapshotGasLastCall(call_);
    }

    function _recordSize(string memory what, address contract_) private {
        vm.snapshotValue(what, contract_.code.length);
        vm.assertLe(contract_.code.length, 24_576);
    }

    function _pretendLatest(uint64 size, bytes32 root_) private {
        bytes32 anchors = bytes32(uint256(keccak256(abi.encode(log, uint256(0)))) + 3);
        uint256 first = uint256(keccak256(abi.encode(anchors)));
        vm.store(address(logs), bytes32(first), bytes32(uint256(size)));
        vm.store(address(logs), bytes32(first + 1), root_);
    }
}
