// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IStatusRegistry as S} from "../src/interfaces/IStatusRegistry.sol";
import {ITrustRegistry as T} from "../src/interfaces/ITrustRegistry.sol";
import {Entries} from "../src/lib/Entries.sol";
import {Times} from "../src/lib/Times.sol";
import {World} from "./base/World.sol";

/// @title Setting statuses: who, what, since when
contract StatusRegistryTest is World {
    bytes32 private constant LEAF = "a record";
    uint64 private constant NOW = START + 200 days;
    S.StatusReason private constant WHY = S.StatusReason.Nonconformity;

    bytes32 private log;

    function setUp() public override {
        super.setUp();
        log = _openLog();
        vm.warp(NOW);
    }

    // ------------------------------------------------------------------------------------------------ who

    function test_setStatus_storesAndTells() public {
        vm.expectEmit();
        emit S.StatusRecorded(log, LEAF, body, body, 0, S.Status.Suspended, WHY, NOW, NOW);
        _set(BODY_ADMIN, body, S.Status.Suspended, 0);
        (S.Standing memory worst, S.Standing[] memory byAuthor) = statuses.statusAt(log, LEAF, NOW);
        vm.assertEq(worst.author, body);
        vm.assertEq(worst.by, body);
        vm.assertEq(uint8(worst.status), uint8(S.Status.Suspended));
        vm.assertEq(uint8(worst.reason), uint8(WHY));
        vm.assertEq(worst.effective, NOW);
        vm.assertEq(worst.recordedAt, NOW);
        vm.assertEq(byAuthor.length, 1);
        _requireStatus(NOW - 1, S.Status.Active);
    }

    function test_setStatus_byTheBodyItsAccreditorsAndRegulators() public {
        _set(BODY_ADMIN, body, S.Status.Suspended, 0);
        _set(ACCREDITOR_ADMIN, accreditor, S.Status.Suspended, 0);
        _set(REGULATOR_ADMIN, regulator, S.Status.Suspended, 0);
        _set(OTHER_REGULATOR_ADMIN, otherRegulator, S.Status.Suspended, 0);
        bytes32[] memory authors = statuses.authors(log, LEAF);
        vm.assertEq(authors.length, 4);
        vm.assertEq(authors[1], accreditor);
    }

    function test_setStatus_byAStatusOperator() public {
        _set(STATUS_OPERATOR, body, S.Status.Suspended, 0);
        _requireStatus(NOW, S.Status.Suspended);
    }

    function test_setStatus_byNoOtherOrganisation() public {
        _refuseAuthor(OTHER_ACCREDITOR_ADMIN, otherAccreditor);
        _refuseAuthor(OTHER_BODY_ADMIN, otherBody);
        _refuseAuthor(ROOT_ADMIN, root);
    }

    function test_setStatus_byAnyAccreditorOnceItAccreditedTheBody() public {
        vm.prank(OTHER_ACCREDITOR_ADMIN);
        trust.accredit(otherAccreditor, body, "verification/scales", 0, 0);
        vm.prank(OTHER_ACCREDITOR_ADMIN);
        trust.withdrawAccreditation(otherAccreditor, otherAccreditor, body, "verification/scales", 0, T.Reason.Ceased);
        _set(OTHER_ACCREDITOR_ADMIN, otherAccreditor, S.Status.Withdrawn, 0);
        _requireStatus(NOW, S.Status.Withdrawn);
    }

    function test_setStatus_byNoOtherAccount() public {
        address[4] memory others = [ANCHOR_OPERATOR, ACCREDITOR_ADMIN, ROOT_ADMIN, STRANGER];
        for (uint256 i; i < others.length; ++i) {
            _refused(others[i], abi.encodeWithSelector(S.NotStatusOperator.selector, body, others[i]));
            statuses.setStatus(log, LEAF, body, S.Status.Suspended, WHY, 0);
        }
    }

    function test_setStatus_onlyOfAKnownLog() public {
        _refused(BODY_ADMIN, abi.encodeWithSelector(S.UnknownLog.selector, bytes32("none")));
        statuses.setStatus("none", LEAF, body, S.Status.Suspended, WHY, 0);
    }

    function test_setStatus_aSuspendedBodyMayOnlyTakeBack() public {
        _set(BODY_ADMIN, body, S.Status.Suspended, 0);
        _suspend(accreditor, body);
        _refused(BODY_ADMIN, abi.encodeWithSelector(S.OrganisationNotActive.selector, body));
        statuses.setStatus(log, LEAF, body, S.Status.Active, WHY, 0);
        _refused(BODY_ADMIN, abi.encodeWithSelector(S.OrganisationNotActive.selector, body));
        statuses.setStatus(log, LEAF, body, S.Status.Superseded, WHY, 0);
        _set(STATUS_OPERATOR, body, S.Status.Withdrawn, 0);
        vm.prank(BODY_ADMIN);
        statuses.setStatus(log, "another", body, S.Status.Suspended, WHY, 0);
    }

    function test_setStatus_suspendedAccreditorsAndRegulatorsMayNothing() public {
        _suspend(root, accreditor);
        _suspend(root, regulator);
        _refused(ACCREDITOR_ADMIN, abi.encodeWithSelector(S.OrganisationNotActive.selector, accreditor));
        statuses.setStatus(log, LEAF, accreditor, S.Status.Withdrawn, WHY, 0);
        _refused(REGULATOR_ADMIN, abi.encodeWithSelector(S.OrganisationNotActive.selector, regulator));
        statuses.setStatus(log, LEAF, regulator, S.Status.Suspended, WHY, 0);
    }

    // ------------------------------------------------------------------------------------------------ what

    function test_transitions_allThatAreAllowed() public {
        _set(BODY_ADMIN, body, S.Status.Suspended, 0);
        _set(BODY_ADMIN, body, S.Status.Active, 0);
        _set(BODY_ADMIN, body, S.Status.Suspended, 0);
        _set(BODY_ADMIN, body, S.Status.Superseded, 0);
        _set(BODY_ADMIN, body, S.Status.Withdrawn, 0);
        vm.assertEq(statuses.history(log, LEAF, 0, 10).length, 5);
    }

    function test_transitions_allOthersAreRefused() public {
        _refuseTransition(S.Status.Active, S.Status.Active);
        _set(BODY_ADMIN, body, S.Status.Suspended, 0);
        _refuseTransition(S.Status.Suspended, S.Status.Suspended);
        _set(BODY_ADMIN, body, S.Status.Superseded, 0);
        _refuseTransition(S.Status.Superseded, S.Status.Active);
        _refuseTransition(S.Status.Superseded, S.Status.Suspended);
        _refuseTransition(S.Status.Superseded, S.Status.Superseded);
        _set(BODY_ADMIN, body, S.Status.Withdrawn, 0);
        for (uint8 wanted; wanted < 4; ++wanted) {
            _refuseTransition(S.Status.Withdrawn, S.Status(wanted));
        }
    }

    function test_transitions_areEachAuthorsOwn() public {
        _set(BODY_ADMIN, body, S.Status.Withdrawn, 0);
        _set(REGULATOR_ADMIN, regulator, S.Status.Suspended, 0);
        _set(REGULATOR_ADMIN, regulator, S.Status.Active, 0);
        _requireStatus(NOW, S.Status.Withdrawn);
    }

    function test_repeating_changesNothing() public {
        _set(ACCREDITOR_ADMIN, accreditor, S.Status.Suspended, NOW - 5);
        vm.warp(NOW + 10);
        _set(ACCREDITOR_ADMIN, accreditor, S.Status.Suspended, 0);
        _set(ACCREDITOR_ADMIN, accreditor, S.Status.Suspended, NOW - 5);
        S.HistoryEntry[] memory history = statuses.history(log, LEAF, 0, 10);
        vm.assertEq(history.length, 1);
        vm.assertEq(history[0].recordedAt, NOW);
    }

    function test_repeating_withAnotherReasonOrTimeIsNoRepetition() public {
        _set(ACCREDITOR_ADMIN, accreditor, S.Status.Suspended, 0);
        bytes memory refusal =
            abi.encodeWithSelector(S.WrongTransition.selector, S.Status.Suspended, S.Status.Suspended);
        _refused(ACCREDITOR_ADMIN, refusal);
        statuses.setStatus(log, LEAF, accreditor, S.Status.Suspended, S.StatusReason.Fraud, 0);
        _refused(ACCREDITOR_ADMIN, refusal);
        statuses.setStatus(log, LEAF, accreditor, S.Status.Suspended, WHY, NOW - 1);
    }

    // ------------------------------------------------------------------------------------------------ since when

    function test_effective_ofABodyIsNow() public {
        _refuseTooFarBack(BODY_ADMIN, body, S.Status.Suspended, NOW - 1, NOW);
        _refuseInFuture(BODY_ADMIN, body, S.Status.Suspended);
        _set(BODY_ADMIN, body, S.Status.Suspended, NOW);
    }

    function test_effective_ofAccreditorAndRegulatorReachesBackNinetyDays() public {
        _refuseTooFarBack(ACCREDITOR_ADMIN, accreditor, S.Status.Withdrawn, NOW - 90 days - 1, NOW - 90 days);
        _refuseTooFarBack(REGULATOR_ADMIN, regulator, S.Status.Superseded, NOW - 90 days - 1, NOW - 90 days);
        _refuseInFuture(ACCREDITOR_ADMIN, accreditor, S.Status.Suspended);
        _refuseInFuture(REGULATOR_ADMIN, regulator, S.Status.Withdrawn);
        _set(ACCREDITOR_ADMIN, accreditor, S.Status.Suspended, NOW - 90 days);
        _set(REGULATOR_ADMIN, regulator, S.Status.Suspended, NOW - 90 days);
        _requireStatus(NOW - 90 days - 1, S.Status.Active);
        _requireStatus(NOW - 90 days, S.Status.Suspended);
    }

    function test_effective_nobodyReinstatesThePast() public {
        _set(REGULATOR_ADMIN, regulator, S.Status.Suspended, NOW - 10);
        _refuseTooFarBack(REGULATOR_ADMIN, regulator, S.Status.Active, NOW - 1, NOW);
        _set(REGULATOR_ADMIN, regulator, S.Status.Active, NOW);
        _requireStatus(NOW - 1, S.Status.Suspended);
        _requireStatus(NOW, S.Status.Active);
    }

    function test_effective_backdatedBehindAnEarlierEntry() public {
        _set(REGULATOR_ADMIN, regulator, S.Status.Suspended, 0);
        vm.warp(NOW + 10);
        _set(REGULATOR_ADMIN, regulator, S.Status.Active, 0);
        vm.warp(NOW + 20);
        _set(REGULATOR_ADMIN, regulator, S.Status.Withdrawn, NOW + 5);
        _requireStatus(NOW - 1, S.Status.Active);
        _requireStatus(NOW + 4, S.Status.Suspended);
        _requireStatus(NOW + 5, S.Status.Withdrawn);
        _requireStatus(NOW + 10, S.Status.Withdrawn);
    }

    // ------------------------------------------------------------------------------------------------ bounds

    function test_theLastPlaceIsForAWithdrawal() public {
        for (uint256 i; i < 127; ++i) {
            _set(BODY_ADMIN, body, S.Status.Suspended, 0);
            _set(BODY_ADMIN, body, S.Status.Active, 0);
        }
        _set(BODY_ADMIN, body, S.Status.Suspended, 0);
        _refused(BODY_ADMIN, abi.encodeWithSelector(Entries.TooManyEntries.selector));
        statuses.setStatus(log, LEAF, body, S.Status.Active, WHY, 0);
        _refused(BODY_ADMIN, abi.encodeWithSelector(Entries.TooManyEntries.selector));
        statuses.setStatus(log, LEAF, body, S.Status.Superseded, WHY, 0);
        _set(BODY_ADMIN, body, S.Status.Withdrawn, 0);
        vm.assertEq(statuses.history(log, LEAF, 255, 10).length, 1);
        _set(REGULATOR_ADMIN, regulator, S.Status.Suspended, 0);
    }

    function test_accreditorsLeaveAPlaceForARegulatorAndBothOneForTheBody() public {
        for (uint256 i; i < 14; ++i) {
            _setAsNewAccreditor(i);
        }
        _refused(ACCREDITOR_ADMIN, abi.encodeWithSelector(Entries.TooManyAuthors.selector));
        statuses.setStatus(log, LEAF, accreditor, S.Status.Suspended, WHY, 0);
        _set(REGULATOR_ADMIN, regulator, S.Status.Suspended, 0);
        _refused(OTHER_REGULATOR_ADMIN, abi.encodeWithSelector(Entries.TooManyAuthors.selector));
        statuses.setStatus(log, LEAF, otherRegulator, S.Status.Suspended, WHY, 0);
        _set(BODY_ADMIN, body, S.Status.Withdrawn, 0);
        vm.assertEq(statuses.authors(log, LEAF).length, 16);
    }

    // ------------------------------------------------------------------------------------------------ helpers

    function _setAsNewAccreditor(uint256 i) private {
        string memory did = string.concat("did:web:accreditor", vm.toString(i), ".example");
        address admin = address(uint160(0xD00 + i));
        bytes32 org = _register(did, T.Kind.Accreditor, root, admin);
        string memory scope = string.concat("scope", vm.toString(i));
        vm.prank(ROOT_ADMIN);
        trust.grantScope(org, scope, 0, 0);
        vm.prank(admin);
        trust.accredit(org, body, scope, 0, 0);
        _set(admin, org, S.Status.Suspended, 0);
    }

    function _set(address account, bytes32 author, S.Status status, uint64 effective) private {
        vm.prank(account);
        statuses.setStatus(log, LEAF, author, status, WHY, effective);
    }

    function _refuseAuthor(address account, bytes32 author) private {
        _refused(account, abi.encodeWithSelector(S.NotAnAuthor.selector, author, log));
        statuses.setStatus(log, LEAF, author, S.Status.Suspended, WHY, 0);
    }

    function _refuseTransition(S.Status current, S.Status wanted) private {
        _refused(BODY_ADMIN, abi.encodeWithSelector(S.WrongTransition.selector, current, wanted));
        statuses.setStatus(log, LEAF, body, wanted, S.StatusReason.Unspecified, 0);
    }

    function _refuseTooFarBack(address account, bytes32 author, S.Status status, uint64 effective, uint64 earliest)
        private
    {
        _refused(account, abi.encodeWithSelector(Times.TooFarBack.selector, effective, earliest));
        statuses.setStatus(log, LEAF, author, status, WHY, effective);
    }

    function _refuseInFuture(address account, bytes32 author, S.Status status) private {
        _refused(account, abi.encodeWithSelector(Times.InFuture.selector, NOW + 1, NOW));
        statuses.setStatus(log, LEAF, author, status, WHY, NOW + 1);
    }

    function _requireStatus(uint64 when, S.Status status) private view {
        (S.Standing memory worst,) = statuses.statusAt(log, LEAF, when);
        vm.assertEq(uint8(worst.status), uint8(status));
    }
}
