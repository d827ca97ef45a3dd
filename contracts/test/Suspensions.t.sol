// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ITrustRegistry as T} from "../src/interfaces/ITrustRegistry.sol";
import {Entries} from "../src/lib/Entries.sol";
import {Times} from "../src/lib/Times.sol";
import {World} from "./base/World.sol";

/// @title Suspended and resumed organisations
contract SuspensionsTest is World {
    T.Reason private constant WHY = T.Reason.Investigation;

    function test_suspend_countsFromNowAndNotBefore() public {
        vm.warp(START + 1000);
        vm.expectEmit();
        emit T.SuspensionRecorded(
            body, accreditor, T.Entry(T.Act.Suspended, WHY, START + 1000, 0, START + 1000, accreditor)
        );
        vm.prank(ACCREDITOR_ADMIN);
        trust.suspendOrganisation(accreditor, body, 0, WHY);

        vm.assertFalse(trust.isActive(body));
        vm.assertTrue(trust.activeAt(body, START + 999).active, "a second before");
        T.Activity memory a = trust.activeAt(body, START + 1000);
        vm.assertFalse(a.active);
        vm.assertTrue(a.exists);
        vm.assertEq(a.registeredAt, START);
        vm.assertEq(a.author, accreditor);
        vm.assertEq(a.entry.by, accreditor);
        vm.assertEq(uint8(a.entry.reason), uint8(WHY));
        vm.assertEq(a.entry.effective, START + 1000);
        vm.assertEq(a.entry.recordedAt, START + 1000);
    }

    function test_noOrganisationIsActiveBeforeItsRegistration() public view {
        T.Activity memory a = trust.activeAt(body, START - 1);
        vm.assertTrue(a.exists);
        vm.assertFalse(a.active);
        vm.assertEq(a.author, 0);
    }

    function test_suspend_bySponsorRegulatorAndRoot() public {
        _suspend(accreditor, body);
        _suspend(regulator, body);
        _suspend(otherRegulator, body);
        _suspend(root, body);
        bytes32[] memory authors = trust.suspensionAuthors(body);
        vm.assertEq(authors.length, 4);
        vm.assertEq(authors[0], accreditor);
        vm.assertEq(authors[3], root);
        _suspend(regulator, accreditor);
        _suspend(root, regulator);
        vm.assertFalse(trust.isActive(accreditor));
        vm.assertFalse(trust.isActive(regulator));
    }

    function test_suspend_byNobodyElse() public {
        _refuseSuspend(OTHER_ACCREDITOR_ADMIN, otherAccreditor, body);
        _refuseSuspend(BODY_ADMIN, body, body);
        _refuseSuspend(OTHER_BODY_ADMIN, otherBody, body);
        _refuseSuspend(REGULATOR_ADMIN, regulator, otherRegulator);
        _refuseSuspend(REGULATOR_ADMIN, regulator, regulator);
        _refuseSuspend(ACCREDITOR_ADMIN, accreditor, otherAccreditor);
    }

    function test_suspend_neverTheRoot() public {
        _refuseSuspend(REGULATOR_ADMIN, regulator, root);
        _refuseSuspend(ROOT_ADMIN, root, root);
    }

    function test_suspend_onlyInOnesOwnName() public {
        _refused(STRANGER, abi.encodeWithSelector(T.NotAdministrator.selector, accreditor, STRANGER));
        trust.suspendOrganisation(accreditor, body, 0, WHY);
        _refused(ACCREDITOR_ADMIN, abi.encodeWithSelector(T.NotAdministrator.selector, root, ACCREDITOR_ADMIN));
        trust.suspendOrganisation(root, body, 0, WHY);
    }

    function test_suspend_onlyWhileActive() public {
        _suspend(root, accreditor);
        _refused(ACCREDITOR_ADMIN, abi.encodeWithSelector(T.OrganisationSuspended.selector, accreditor));
        trust.suspendOrganisation(accreditor, body, 0, WHY);
    }

    function test_suspend_onlyWhatIsRegistered() public {
        _refused(ROOT_ADMIN, abi.encodeWithSelector(T.UnknownOrganisation.selector, bytes32("none")));
        trust.suspendOrganisation(root, "none", 0, WHY);
    }

    function test_suspend_aSuspendedSponsorLeavesItsBodiesActive() public {
        _suspend(root, accreditor);
        vm.assertTrue(trust.isActive(body));
    }

    function test_suspend_notTwice() public {
        _suspend(accreditor, body);
        _refused(ACCREDITOR_ADMIN, abi.encodeWithSelector(T.AlreadySuspended.selector, body, accreditor));
        trust.suspendOrganisation(accreditor, body, 0, WHY);
    }

    // ------------------------------------------------------------------------------------------------ since

    function test_suspend_reachesBackNinetyDays() public {
        uint64 now_ = START + 200 days;
        vm.warp(now_);
        _refused(REGULATOR_ADMIN, abi.encodeWithSelector(Times.TooFarBack.selector, now_ - 90 days - 1, now_ - 90 days));
        trust.suspendOrganisation(regulator, body, now_ - 90 days - 1, WHY);
        _refused(REGULATOR_ADMIN, abi.encodeWithSelector(Times.InFuture.selector, now_ + 1, now_));
        trust.suspendOrganisation(regulator, body, now_ + 1, WHY);

        vm.prank(REGULATOR_ADMIN);
        trust.suspendOrganisation(regulator, body, now_ - 90 days, WHY);
        vm.assertTrue(trust.activeAt(body, now_ - 90 days - 1).active);
        vm.assertFalse(trust.activeAt(body, now_ - 90 days).active);
        T.Entry memory entry = trust.suspensions(body, regulator, 0, 1)[0];
        vm.assertEq(entry.effective, now_ - 90 days);
        vm.assertEq(entry.recordedAt, now_, "when it was recorded stays visible");
    }

    function test_theOneEffectiveFirstIsNamed() public {
        vm.warp(START + 10 days);
        _suspend(accreditor, body);
        vm.prank(REGULATOR_ADMIN);
        trust.suspendOrganisation(regulator, body, START + 5 days, WHY);
        _suspend(root, body);
        vm.assertEq(trust.activeAt(body, START + 10 days).author, regulator);
        vm.assertEq(trust.activeAt(body, START + 6 days).author, regulator);
        vm.assertTrue(trust.activeAt(body, START + 5 days - 1).active);
    }

    // ------------------------------------------------------------------------------------------------ resume

    function test_resume_fromNowOn() public {
        _suspend(accreditor, body);
        vm.warp(START + 100);
        vm.expectEmit();
        emit T.SuspensionRecorded(
            body, accreditor, T.Entry(T.Act.Granted, T.Reason.Resolved, START + 100, 0, START + 100, accreditor)
        );
        vm.prank(ACCREDITOR_ADMIN);
        trust.resumeOrganisation(accreditor, body, accreditor, T.Reason.Resolved);
        vm.assertTrue(trust.activeAt(body, START + 100).active);
        vm.assertFalse(trust.activeAt(body, START + 99).active, "the time of the suspension stays suspended");
        vm.assertEq(trust.suspensions(body, accreditor, 0, 10).length, 2);
    }

    function test_resume_onlyWhenNobodysStands() public {
        _suspend(accreditor, body);
        _suspend(regulator, body);
        vm.prank(REGULATOR_ADMIN);
        trust.resumeOrganisation(regulator, body, regulator, T.Reason.Resolved);
        vm.assertFalse(trust.isActive(body), "the accreditor's still stands");
        vm.prank(ACCREDITOR_ADMIN);
        trust.resumeOrganisation(accreditor, body, accreditor, T.Reason.Resolved);
        vm.assertTrue(trust.isActive(body));
    }

    function test_resume_whatALowerOneSuspended() public {
        _suspend(accreditor, body);
        vm.prank(REGULATOR_ADMIN);
        trust.resumeOrganisation(regulator, body, accreditor, T.Reason.Resolved);
        vm.assertTrue(trust.isActive(body));
        vm.assertEq(trust.suspensions(body, accreditor, 1, 1)[0].by, regulator, "who lifted it stays visible");

        _suspend(regulator, body);
        vm.prank(ROOT_ADMIN);
        trust.resumeOrganisation(root, body, regulator, T.Reason.Mistake);
        vm.assertTrue(trust.isActive(body));
    }

    function test_resume_notWhatAnEqualOrHigherOneSuspended() public {
        _suspend(regulator, body);
        _suspend(root, body);
        _refuseResume(ACCREDITOR_ADMIN, accreditor, regulator);
        _refuseResume(ACCREDITOR_ADMIN, accreditor, root);
        _refuseResume(OTHER_REGULATOR_ADMIN, otherRegulator, regulator);
        _refuseResume(REGULATOR_ADMIN, regulator, root);
        _refuseResume(OTHER_BODY_ADMIN, otherBody, regulator);
        _refuseResume(OTHER_ACCREDITOR_ADMIN, otherAccreditor, otherAccreditor);
        _refused(BODY_ADMIN, abi.encodeWithSelector(T.OrganisationSuspended.selector, body));
        trust.resumeOrganisation(body, body, regulator, T.Reason.Resolved);
    }

    function test_resume_whatAFormerSponsorLeftBehind() public {
        _suspend(accreditor, body);
        vm.prank(ROOT_ADMIN);
        trust.transferSponsor(body, otherAccreditor);
        _refuseResume(ACCREDITOR_ADMIN, accreditor, accreditor);
        vm.prank(OTHER_ACCREDITOR_ADMIN);
        trust.resumeOrganisation(otherAccreditor, body, accreditor, T.Reason.Resolved);
        vm.assertTrue(trust.isActive(body));
    }

    function test_resume_onlyWhatIsSuspended() public {
        _refused(ACCREDITOR_ADMIN, abi.encodeWithSelector(T.NotSuspended.selector, body, accreditor));
        trust.resumeOrganisation(accreditor, body, accreditor, T.Reason.Resolved);
        _refused(ROOT_ADMIN, abi.encodeWithSelector(T.NotSuspended.selector, body, regulator));
        trust.resumeOrganisation(root, body, regulator, T.Reason.Resolved);
    }

    function test_resume_onlyByAnActiveOrganisation() public {
        _suspend(accreditor, body);
        _suspend(root, accreditor);
        _refused(ACCREDITOR_ADMIN, abi.encodeWithSelector(T.OrganisationSuspended.selector, accreditor));
        trust.resumeOrganisation(accreditor, body, accreditor, T.Reason.Resolved);
    }

    // ------------------------------------------------------------------------------------------------ bounds

    function test_afterTwoHundredFiftySixEntriesABodyIsNotLeftSuspended() public {
        for (uint256 i; i < 128; ++i) {
            _suspend(accreditor, body);
            vm.prank(ACCREDITOR_ADMIN);
            trust.resumeOrganisation(accreditor, body, accreditor, T.Reason.Resolved);
        }
        vm.assertTrue(trust.isActive(body));
        _refused(ACCREDITOR_ADMIN, abi.encodeWithSelector(Entries.TooManyEntries.selector));
        trust.suspendOrganisation(accreditor, body, 0, WHY);
        _suspend(regulator, body);
        vm.assertFalse(trust.isActive(body), "others still can");
        vm.assertEq(trust.suspensions(body, accreditor, 0, 1000).length, 256);
    }

    function test_theLastAuthorsPlaceIsTheRoots() public {
        for (uint256 i; i < 15; ++i) {
            string memory did = string.concat("did:web:regulator", vm.toString(i), ".example");
            _suspend(_register(did, T.Kind.Regulator, root, address(uint160(0xD00 + i))), body);
        }
        _refused(REGULATOR_ADMIN, abi.encodeWithSelector(Entries.TooManyAuthors.selector));
        trust.suspendOrganisation(regulator, body, 0, WHY);
        _suspend(root, body);
        vm.assertEq(trust.suspensionAuthors(body).length, 16);
    }

    function _refuseSuspend(address admin, bytes32 by, bytes32 org) private {
        _refused(admin, abi.encodeWithSelector(T.NoAuthority.selector, by, org));
        trust.suspendOrganisation(by, org, 0, WHY);
    }

    function _refuseResume(address admin, bytes32 by, bytes32 author) private {
        _refused(admin, abi.encodeWithSelector(T.NoAuthority.selector, by, body));
        trust.resumeOrganisation(by, body, author, T.Reason.Resolved);
    }
}
