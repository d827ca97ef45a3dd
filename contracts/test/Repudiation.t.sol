// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ILogAnchor as L} from "../src/interfaces/ILogAnchor.sol";
import {ITrustRegistry as T} from "../src/interfaces/ITrustRegistry.sol";
import {World} from "./base/World.sol";

/// @title Repudiated logs: proposed by the administrator, confirmed by the sponsor
contract RepudiationTest is World {
    bytes32 private log;

    function setUp() public override {
        super.setUp();
        log = _openLog();
        _anchor(log, 1, 5);
        _anchor(log, 5, 9);
    }

    function test_repudiate_inTwoSteps() public {
        vm.warp(START + 10);
        vm.expectEmit();
        emit L.RepudiationProposed(log, 6, START + 10);
        _propose(6);
        (uint64 fromSize, uint64 proposedAt) = logs.proposedRepudiation(log);
        vm.assertEq(fromSize, 6);
        vm.assertEq(proposedAt, START + 10);
        vm.assertFalse(logs.logInfo(log).repudiated, "not before it is confirmed");

        vm.warp(START + 20);
        vm.expectEmit();
        emit L.LogRepudiated(log, 6, START + 10, START + 20, accreditor);
        _confirm(6);
        L.LogInfo memory info = logs.logInfo(log);
        vm.assertTrue(info.repudiated);
        vm.assertEq(info.repudiatedFrom, 6);
        vm.assertEq(uint8(info.state), uint8(L.LogState.Repudiated));
        vm.assertEq(info.closedAt, START + 20);
        vm.assertEq(info.size, 9, "the anchors stay");
        vm.assertEq(logs.openLogOf(body), 0);
        (fromSize,) = logs.proposedRepudiation(log);
        vm.assertEq(fromSize, 0);
        L.Repudiation memory r = logs.repudiations(log, 0, 10)[0];
        vm.assertEq(r.sponsor, accreditor);
        vm.assertEq(r.proposedAt, START + 10);
        vm.assertEq(r.confirmedAt, START + 20);
    }

    function test_repudiate_endsTheLog() public {
        _propose(6);
        _confirm(6);
        (bytes32 newRoot, bytes32[] memory proof) = (_rootOf(12), _proof(9, 12));
        _refused(ANCHOR_OPERATOR, abi.encodeWithSelector(L.LogNotOpen.selector, log, L.LogState.Repudiated));
        logs.anchor(log, 9, 12, newRoot, proof);
        _refused(BODY_ADMIN, abi.encodeWithSelector(L.LogNotOpen.selector, log, L.LogState.Repudiated));
        logs.closeLog(log);
        vm.prank(BODY_ADMIN);
        logs.openLog(body, "tem.example/body-2", "genesis");
    }

    function test_propose_onlyByTheAdministrator() public {
        address[4] memory others = [ROOT_ADMIN, ACCREDITOR_ADMIN, ANCHOR_OPERATOR, STRANGER];
        for (uint256 i; i < others.length; ++i) {
            _refused(others[i], abi.encodeWithSelector(L.NotAdministrator.selector, body, others[i]));
            logs.proposeRepudiation(log, 6);
        }
        _refused(BODY_ADMIN, abi.encodeWithSelector(L.UnknownLog.selector, bytes32("none")));
        logs.proposeRepudiation("none", 6);
    }

    function test_propose_withinTheLog() public {
        _refuseRange(0, 9);
        _refuseRange(10, 9);
        _refuseRange(type(uint64).max, 9);
        _propose(9);
        _propose(1);
    }

    function test_propose_againReplaces() public {
        _propose(6);
        _propose(4);
        _refused(ACCREDITOR_ADMIN, abi.encodeWithSelector(L.OtherRepudiationProposed.selector, log, 4, 6));
        logs.confirmRepudiation(log, 6);
        _confirm(4);
        vm.assertEq(logs.logInfo(log).repudiatedFrom, 4);
    }

    function test_confirm_onlyByTheSponsorWhileActive() public {
        _propose(6);
        address[5] memory others = [ROOT_ADMIN, BODY_ADMIN, OTHER_ACCREDITOR_ADMIN, REGULATOR_ADMIN, STRANGER];
        for (uint256 i; i < others.length; ++i) {
            _refused(others[i], abi.encodeWithSelector(L.NotAdministrator.selector, accreditor, others[i]));
            logs.confirmRepudiation(log, 6);
        }
        _suspend(root, accreditor);
        _refused(ACCREDITOR_ADMIN, abi.encodeWithSelector(L.OrganisationNotActive.selector, accreditor));
        logs.confirmRepudiation(log, 6);
    }

    function test_confirm_onlyWhatWasProposed() public {
        _refused(ACCREDITOR_ADMIN, abi.encodeWithSelector(L.OtherRepudiationProposed.selector, log, 0, 6));
        logs.confirmRepudiation(log, 6);
        _refused(ACCREDITOR_ADMIN, abi.encodeWithSelector(L.OtherRepudiationProposed.selector, log, 0, 0));
        logs.confirmRepudiation(log, 0);
        _refused(ACCREDITOR_ADMIN, abi.encodeWithSelector(L.UnknownLog.selector, bytes32("none")));
        logs.confirmRepudiation("none", 6);
        _propose(6);
        _confirm(6);
        _refused(ACCREDITOR_ADMIN, abi.encodeWithSelector(L.OtherRepudiationProposed.selector, log, 0, 6));
        logs.confirmRepudiation(log, 6);
    }

    function test_repudiate_whileSuspended() public {
        _suspend(accreditor, body);
        _propose(6);
        _confirm(6);
        vm.assertTrue(logs.logInfo(log).repudiated);
    }

    function test_repudiate_aClosedLogKeepsItsClosingTime() public {
        vm.prank(BODY_ADMIN);
        logs.closeLog(log);
        vm.prank(BODY_ADMIN);
        bytes32 next = logs.openLog(body, "tem.example/body-2", "genesis");
        vm.warp(START + 30);
        _propose(6);
        _confirm(6);
        vm.assertEq(logs.logInfo(log).closedAt, START);
        vm.assertEq(uint8(logs.logInfo(log).state), uint8(L.LogState.Repudiated));
        vm.assertEq(logs.openLogOf(body), next, "the log that followed stays open");
    }

    function test_repudiate_againOnlyFromFurtherBack() public {
        _propose(6);
        _confirm(6);
        _refuseRange(6, 5);
        _refuseRange(7, 5);
        _propose(3);
        _confirm(3);
        vm.assertEq(logs.logInfo(log).repudiatedFrom, 3);
        vm.assertEq(logs.repudiations(log, 0, 10).length, 2, "the first stays visible");
        _propose(1);
        _confirm(1);
        _refuseRange(1, 0);
    }

    function test_repudiate_byTheSponsorOfTheDay() public {
        _propose(6);
        vm.prank(ROOT_ADMIN);
        trust.transferSponsor(body, otherAccreditor);
        _refused(
            ACCREDITOR_ADMIN, abi.encodeWithSelector(L.NotAdministrator.selector, otherAccreditor, ACCREDITOR_ADMIN)
        );
        logs.confirmRepudiation(log, 6);
        vm.prank(OTHER_ACCREDITOR_ADMIN);
        logs.confirmRepudiation(log, 6);
        vm.assertEq(logs.repudiations(log, 0, 1)[0].sponsor, otherAccreditor);
    }

    function test_theRootHasNobodyToConfirmItsOwn() public {
        vm.prank(ROOT_ADMIN);
        bytes32 own = logs.openLog(root, "tem.example/root", "genesis");
        vm.prank(ROOT_ADMIN);
        logs.proposeRepudiation(own, 1);
        _refused(ROOT_ADMIN, abi.encodeWithSelector(L.NotAdministrator.selector, bytes32(0), ROOT_ADMIN));
        logs.confirmRepudiation(own, 1);
        vm.assertEq(uint8(trust.kindOf(root)), uint8(T.Kind.Root));
    }

    function _propose(uint64 fromSize) private {
        vm.prank(BODY_ADMIN);
        logs.proposeRepudiation(log, fromSize);
    }

    function _confirm(uint64 fromSize) private {
        vm.prank(ACCREDITOR_ADMIN);
        logs.confirmRepudiation(log, fromSize);
    }

    function _refuseRange(uint64 fromSize, uint64 limit) private {
        _refused(BODY_ADMIN, abi.encodeWithSelector(L.RepudiationOutOfRange.selector, log, fromSize, limit));
        logs.proposeRepudiation(log, fromSize);
    }
}
