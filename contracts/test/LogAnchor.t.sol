// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ILogAnchor as L} from "../src/interfaces/ILogAnchor.sol";
import {ITrustRegistry as T} from "../src/interfaces/ITrustRegistry.sol";
import {ReferenceTree} from "./base/ReferenceTree.sol";
import {World} from "./base/World.sol";

/// @title Opening, extending and closing logs
contract LogAnchorTest is World {
    bytes32 private log;

    function setUp() public override {
        super.setUp();
        log = _openLog();
    }

    // ------------------------------------------------------------------------------------------------ openLog

    function test_openLog_storesAndTells() public {
        string memory origin = "tem.example/other";
        bytes32 id = sha256(abi.encodePacked(otherBody, sha256(bytes(origin))));
        vm.assertEq(logs.logId(otherBody, origin), id);
        vm.expectEmit();
        emit L.LogOpened(id, otherBody, origin, START);
        vm.expectEmit();
        emit L.Anchored(id, 1, "genesis", START, 1000);
        vm.prank(OTHER_BODY_ADMIN);
        vm.assertEq(logs.openLog(otherBody, origin, "genesis"), id);

        L.LogInfo memory info = logs.logInfo(id);
        vm.assertEq(info.org, otherBody);
        vm.assertEq(info.origin, origin);
        vm.assertEq(uint8(info.state), uint8(L.LogState.Open));
        vm.assertEq(info.openedAt, START);
        vm.assertEq(info.closedAt, 0);
        vm.assertEq(info.anchors, 1);
        vm.assertEq(info.size, 1);
        vm.assertEq(info.root, "genesis");
        vm.assertFalse(info.repudiated);
        vm.assertEq(logs.openLogOf(otherBody), id);
        vm.assertEq(logs.organisationOf(id), otherBody);
    }

    function test_openLog_onlyByTheAdministratorWhileActive() public {
        address[4] memory others = [ROOT_ADMIN, OTHER_ACCREDITOR_ADMIN, ANCHOR_OPERATOR, STRANGER];
        for (uint256 i; i < others.length; ++i) {
            _refused(others[i], abi.encodeWithSelector(L.NotAdministrator.selector, otherBody, others[i]));
            logs.openLog(otherBody, ORIGIN, "genesis");
        }
        _suspend(root, otherBody);
        _refused(OTHER_BODY_ADMIN, abi.encodeWithSelector(L.OrganisationNotActive.selector, otherBody));
        logs.openLog(otherBody, ORIGIN, "genesis");
    }

    function test_openLog_oneAtATimeAndEachOriginOnce() public {
        _refused(BODY_ADMIN, abi.encodeWithSelector(L.HasOpenLog.selector, body, log));
        logs.openLog(body, "tem.example/second", "genesis");
        vm.prank(BODY_ADMIN);
        logs.closeLog(log);
        _refused(BODY_ADMIN, abi.encodeWithSelector(L.LogExists.selector, log));
        logs.openLog(body, ORIGIN, "genesis");
        vm.prank(BODY_ADMIN);
        bytes32 second = logs.openLog(body, "tem.example/second", "genesis");
        vm.assertEq(logs.openLogOf(body), second);
    }

    function test_openLog_theSameOriginOfAnotherBodyIsAnotherLog() public {
        vm.prank(OTHER_BODY_ADMIN);
        bytes32 other = logs.openLog(otherBody, ORIGIN, "genesis");
        vm.assertTrue(other != log);
        vm.assertEq(logs.latest(log).root, _leaf(0));
        vm.assertEq(logs.latest(other).root, "genesis");
    }

    function test_openLog_needsAnOriginAndARoot() public {
        string[3] memory bad = ["tem.example", "Tem.example/x", "tem.example/"];
        for (uint256 i; i < bad.length; ++i) {
            _refused(OTHER_BODY_ADMIN, abi.encodeWithSelector(L.BadOrigin.selector, bad[i]));
            logs.openLog(otherBody, bad[i], "genesis");
        }
        _refused(OTHER_BODY_ADMIN, abi.encodeWithSelector(L.EmptyRoot.selector));
        logs.openLog(otherBody, ORIGIN, 0);
    }

    // ------------------------------------------------------------------------------------------------ anchor

    function test_anchor_extendsTheLog() public {
        vm.warp(START + 7);
        vm.roll(1007);
        vm.expectEmit();
        emit L.Anchored(log, 5, _rootOf(5), START + 7, 1007);
        _anchor(log, 1, 5);
        L.Anchor memory a = logs.latest(log);
        vm.assertEq(a.size, 5);
        vm.assertEq(a.root, _rootOf(5));
        vm.assertEq(a.time, START + 7);
        vm.assertEq(a.blockNumber, 1007);
        _anchor(log, 5, 8);
        vm.assertEq(logs.logInfo(log).anchors, 3);
    }

    function test_anchor_onlyByAnAnchorOperatorOfTheLogsBody() public {
        vm.prank(OTHER_BODY_ADMIN);
        trust.setOperator(otherBody, STRANGER, T.Role.Anchor, true);
        address[6] memory others =
            [ROOT_ADMIN, ACCREDITOR_ADMIN, BODY_ADMIN, STATUS_OPERATOR, STRANGER, REGULATOR_ADMIN];
        for (uint256 i; i < others.length; ++i) {
            _refused(others[i], abi.encodeWithSelector(L.NotAnchorOperator.selector, body, others[i]));
            logs.anchor(log, 1, 5, _rootOf5, _proof1to5);
        }
    }

    function test_anchor_onlyWhileTheBodyIsActive() public {
        _suspend(accreditor, body);
        _refuseAnchor(1, 5, abi.encodeWithSelector(L.OrganisationNotActive.selector, body));
        vm.prank(ACCREDITOR_ADMIN);
        trust.resumeOrganisation(accreditor, body, accreditor, T.Reason.Resolved);
        _anchor(log, 1, 5);
    }

    function test_anchor_onlyAKnownAndOpenLog() public {
        _refused(ANCHOR_OPERATOR, abi.encodeWithSelector(L.UnknownLog.selector, bytes32("none")));
        logs.anchor("none", 1, 5, _rootOf5, _proof1to5);
        vm.prank(BODY_ADMIN);
        logs.closeLog(log);
        _refuseAnchor(1, 5, abi.encodeWithSelector(L.LogNotOpen.selector, log, L.LogState.Closed));
    }

    function test_anchor_onlyFromTheLatestSize() public {
        _anchor(log, 1, 5);
        _refuseAnchor(1, 8, abi.encodeWithSelector(L.NotLatestSize.selector, log, 5, 1));
        _refuseAnchor(6, 8, abi.encodeWithSelector(L.NotLatestSize.selector, log, 5, 6));
    }

    function test_anchor_onlyWithAConsistentRoot() public {
        bytes memory refusal = abi.encodeWithSelector(L.NotConsistent.selector, log, 1, 5);
        bytes32[] memory proof = _proof(1, 5);
        bytes32 newRoot = _rootOf(5);
        _refused(ANCHOR_OPERATOR, refusal);
        logs.anchor(log, 1, 5, ~newRoot, proof);
        _refused(ANCHOR_OPERATOR, refusal);
        logs.anchor(log, 1, 5, newRoot, new bytes32[](0));
        proof[0] = ~proof[0];
        _refused(ANCHOR_OPERATOR, refusal);
        logs.anchor(log, 1, 5, newRoot, proof);
    }

    function test_anchor_aChangedPastIsRefused() public {
        _anchor(log, 1, 5);
        bytes32[] memory leaves = _leaves(8);
        leaves[3] = "another record";
        (bytes32 forged, bytes32[] memory proof) = _forge(leaves, 5, 8);
        _refused(ANCHOR_OPERATOR, abi.encodeWithSelector(L.NotConsistent.selector, log, 5, 8));
        logs.anchor(log, 5, 8, forged, proof);
    }

    function test_anchor_oneStepIsBounded() public {
        uint64 step = 1 << 24;
        _refuseAnchorOf(1, 1 + step + 1, abi.encodeWithSelector(L.StepTooLarge.selector, 1, 1 + step + 1));
        _refuseAnchorOf(1, type(uint64).max, abi.encodeWithSelector(L.StepTooLarge.selector, 1, type(uint64).max));
        // Within the bound it is the proof that is wrong.
        _refuseAnchorOf(1, 1 + step, abi.encodeWithSelector(L.NotConsistent.selector, log, 1, 1 + step));
    }

    function test_anchor_sizesStayBelowTwoToTheForty() public {
        uint64 top = 1 << 40;
        _pretendLatestSize(top - 1);
        _refuseAnchorOf(top - 1, top, abi.encodeWithSelector(L.SizeTooLarge.selector, top));
        _refuseAnchorOf(top - 1, top + 9, abi.encodeWithSelector(L.SizeTooLarge.selector, top + 9));
        _pretendLatestSize(top - 2);
        _refuseAnchorOf(top - 2, top - 1, abi.encodeWithSelector(L.NotConsistent.selector, log, top - 2, top - 1));
    }

    // ------------------------------------------------------------------------------------------------ anchor again

    function test_anchor_againChangesNothing() public {
        _anchor(log, 1, 5);
        vm.warp(START + 100);
        _anchor(log, 1, 5);
        _anchor(log, 5, 8);
        _anchor(log, 1, 5);
        vm.assertEq(logs.logInfo(log).anchors, 3);
        (, L.Anchor memory a) = logs.anchorAt(log, 5);
        vm.assertEq(a.time, START, "the first time stays");
    }

    function test_anchor_againIsHarmlessWhoeverSendsItAndWheneverItIsSent() public {
        _anchor(log, 1, 5);
        _suspend(accreditor, body);
        vm.prank(STRANGER);
        logs.anchor(log, 1, 5, _rootOf5, new bytes32[](0));
        vm.assertEq(logs.logInfo(log).anchors, 2);
    }

    function test_anchor_theSameSizeWithAnotherRootIsRefused() public {
        _anchor(log, 1, 5);
        bytes32 anchored = _rootOf(5);
        _refused(ANCHOR_OPERATOR, abi.encodeWithSelector(L.OtherRootAnchored.selector, log, 5, anchored, ~anchored));
        logs.anchor(log, 1, 5, ~anchored, _proof1to5);
        _anchor(log, 5, 8);
        _refused(ANCHOR_OPERATOR, abi.encodeWithSelector(L.OtherRootAnchored.selector, log, 5, anchored, ~anchored));
        logs.anchor(log, 1, 5, ~anchored, _proof1to5);
    }

    function test_anchor_aSizeThatWasPassedIsRefused() public {
        _anchor(log, 1, 5);
        _refuseAnchorOf(1, 3, abi.encodeWithSelector(L.SizeNotAboveLatest.selector, log, 5, 3));
        _refuseAnchorOf(5, 0, abi.encodeWithSelector(L.SizeNotAboveLatest.selector, log, 5, 0));
    }

    // ------------------------------------------------------------------------------------------------ closeLog

    function test_closeLog_recordsTheEnd() public {
        _anchor(log, 1, 5);
        vm.warp(START + 50);
        vm.expectEmit();
        emit L.LogClosed(log, 5, _rootOf5, START + 50);
        vm.prank(BODY_ADMIN);
        logs.closeLog(log);
        L.LogInfo memory info = logs.logInfo(log);
        vm.assertEq(uint8(info.state), uint8(L.LogState.Closed));
        vm.assertEq(info.closedAt, START + 50);
        vm.assertEq(info.size, 5);
        vm.assertEq(info.root, _rootOf5);
        vm.assertEq(logs.openLogOf(body), 0);
    }

    function test_closeLog_onlyByTheAdministratorWhileActiveAndOnce() public {
        address[3] memory others = [ACCREDITOR_ADMIN, ANCHOR_OPERATOR, ROOT_ADMIN];
        for (uint256 i; i < others.length; ++i) {
            _refused(others[i], abi.encodeWithSelector(L.NotAdministrator.selector, body, others[i]));
            logs.closeLog(log);
        }
        _suspend(regulator, body);
        _refused(BODY_ADMIN, abi.encodeWithSelector(L.OrganisationNotActive.selector, body));
        logs.closeLog(log);
        vm.prank(REGULATOR_ADMIN);
        trust.resumeOrganisation(regulator, body, regulator, T.Reason.Resolved);
        vm.prank(BODY_ADMIN);
        logs.closeLog(log);
        _refused(BODY_ADMIN, abi.encodeWithSelector(L.LogNotOpen.selector, log, L.LogState.Closed));
        logs.closeLog(log);
        _refused(BODY_ADMIN, abi.encodeWithSelector(L.UnknownLog.selector, bytes32("none")));
        logs.closeLog("none");
    }

    // ------------------------------------------------------------------------------------------------ helpers

    bytes32 private immutable _rootOf5 = _rootOf(5);
    bytes32[] private _proof1to5 = _proof(1, 5);

    /// @dev Nobody could anchor that often: writes the size of the log's first anchor into storage.
    function _pretendLatestSize(uint64 size) private {
        bytes32 anchors = bytes32(uint256(keccak256(abi.encode(log, uint256(0)))) + 3);
        bytes32 first = keccak256(abi.encode(anchors));
        vm.store(address(logs), first, bytes32(uint256(size)));
        vm.assertEq(logs.latest(log).size, size);
    }

    function _refuseAnchor(uint64 size1, uint64 size2, bytes memory refusal) private {
        (bytes32 newRoot, bytes32[] memory proof) = _forge(_leaves(size2), 1, size2);
        _refused(ANCHOR_OPERATOR, refusal);
        logs.anchor(log, size1, size2, newRoot, proof);
    }

    function _refuseAnchorOf(uint64 size1, uint64 size2, bytes memory refusal) private {
        _refused(ANCHOR_OPERATOR, refusal);
        logs.anchor(log, size1, size2, "any", new bytes32[](1));
    }

    function _forge(bytes32[] memory leaves, uint256 size1, uint256 size2)
        private
        pure
        returns (bytes32, bytes32[] memory)
    {
        return (ReferenceTree.root(leaves, 0, size2), ReferenceTree.proof(leaves, size1, 0, size2, true));
    }
}
