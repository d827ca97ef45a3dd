// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ITrustRegistry as T} from "../src/interfaces/ITrustRegistry.sol";
import {Entries} from "../src/lib/Entries.sol";
import {Times} from "../src/lib/Times.sol";
import {World} from "./base/World.sol";

/// @title Granting, accrediting, suspending, withdrawing
contract ScopesTest is World {
    string private constant SCALES = "verification/scales";
    T.Reason private constant WHY = T.Reason.Nonconformity;

    // ------------------------------------------------------------------------------------------------ grants

    function test_grantScope_storesAndTells() public {
        vm.expectEmit();
        emit T.GrantRecorded(
            accreditor,
            sha256("testing/food"),
            "testing/food",
            T.Entry(T.Act.Granted, T.Reason.Unspecified, START + 5, START + 9, START, root)
        );
        vm.prank(ROOT_ADMIN);
        trust.grantScope(accreditor, "testing/food", START + 5, START + 9);
        T.Entry memory entry = trust.grantEntries(accreditor, "testing/food", 0, 10)[0];
        vm.assertEq(entry.effective, START + 5);
        vm.assertEq(entry.until, START + 9);
        vm.assertEq(entry.by, root);
        string[] memory scopes = trust.scopes(accreditor, 0, 10);
        vm.assertEq(scopes.length, 2);
        vm.assertEq(scopes[1], "testing/food");
    }

    function test_grantScope_onlyByTheRootToAnAccreditor() public {
        address[3] memory others = [ACCREDITOR_ADMIN, REGULATOR_ADMIN, STRANGER];
        for (uint256 i; i < others.length; ++i) {
            _refused(others[i], abi.encodeWithSelector(T.NotAdministrator.selector, root, others[i]));
            trust.grantScope(accreditor, "testing", 0, 0);
        }
        _refused(ROOT_ADMIN, abi.encodeWithSelector(T.WrongKind.selector, body, T.Kind.Body));
        trust.grantScope(body, "testing", 0, 0);
        _refused(ROOT_ADMIN, abi.encodeWithSelector(T.UnknownOrganisation.selector, bytes32("none")));
        trust.grantScope("none", "testing", 0, 0);
    }

    function test_grantScope_needsAScopeAndATimeToCome() public {
        string[6] memory bad = ["", "Testing", "testing/", "/testing", "testing//food", "a/b/c/d/e/f/g/h/i"];
        for (uint256 i; i < bad.length; ++i) {
            _refused(ROOT_ADMIN, abi.encodeWithSelector(T.BadScope.selector, bad[i]));
            trust.grantScope(accreditor, bad[i], 0, 0);
        }
        _refused(ROOT_ADMIN, abi.encodeWithSelector(Times.StartsInPast.selector, START - 1, START));
        trust.grantScope(accreditor, "testing", START - 1, 0);
        _refused(ROOT_ADMIN, abi.encodeWithSelector(Times.EmptyInterval.selector, START, START - 1));
        trust.grantScope(accreditor, "testing", 0, START - 1);
    }

    function test_endGrant_onlyByTheRootAndOnlyWhatIsGranted() public {
        _refused(ACCREDITOR_ADMIN, abi.encodeWithSelector(T.NotAdministrator.selector, root, ACCREDITOR_ADMIN));
        trust.withdrawGrant(accreditor, "verification", 0, WHY);
        _refused(REGULATOR_ADMIN, abi.encodeWithSelector(T.NotAdministrator.selector, root, REGULATOR_ADMIN));
        trust.suspendGrant(accreditor, "verification", 0, WHY);
        _refused(ROOT_ADMIN, abi.encodeWithSelector(T.WrongTransition.selector, T.Act.None, T.Act.Suspended));
        trust.suspendGrant(accreditor, SCALES, 0, WHY);
        vm.prank(ROOT_ADMIN);
        trust.suspendGrant(accreditor, "verification", 0, WHY);
        _refused(ROOT_ADMIN, abi.encodeWithSelector(T.WrongTransition.selector, T.Act.Suspended, T.Act.Suspended));
        trust.suspendGrant(accreditor, "verification", 0, WHY);
        vm.prank(ROOT_ADMIN);
        trust.withdrawGrant(accreditor, "verification", 0, WHY);
        _refused(ROOT_ADMIN, abi.encodeWithSelector(T.WrongTransition.selector, T.Act.Withdrawn, T.Act.Withdrawn));
        trust.withdrawGrant(accreditor, "verification", 0, WHY);
        vm.assertEq(trust.grantEntries(accreditor, "verification", 0, 10).length, 3);
    }

    function test_endGrant_reachesBackNinetyDays() public {
        uint64 now_ = START + 200 days;
        vm.warp(now_);
        _refused(ROOT_ADMIN, abi.encodeWithSelector(Times.TooFarBack.selector, now_ - 90 days - 1, now_ - 90 days));
        trust.withdrawGrant(accreditor, "verification", now_ - 90 days - 1, WHY);
        _refused(ROOT_ADMIN, abi.encodeWithSelector(Times.InFuture.selector, now_ + 1, now_));
        trust.withdrawGrant(accreditor, "verification", now_ + 1, WHY);
        vm.prank(ROOT_ADMIN);
        trust.withdrawGrant(accreditor, "verification", now_ - 90 days, WHY);
        vm.assertEq(trust.grantEntries(accreditor, "verification", 1, 1)[0].effective, now_ - 90 days);
    }

    // ------------------------------------------------------------------------------------------------ accredit

    function test_accredit_storesAndTells() public {
        vm.expectEmit();
        emit T.AccreditationRecorded(
            body,
            accreditor,
            sha256("verification/meters"),
            "verification/meters",
            T.Entry(T.Act.Granted, T.Reason.Unspecified, START, START + 9, START, accreditor)
        );
        vm.prank(ACCREDITOR_ADMIN);
        trust.accredit(accreditor, body, "verification/meters", 0, START + 9);
        vm.assertEq(trust.accreditors(body, "verification/meters")[0], accreditor);
        vm.assertEq(trust.accreditationEntries(body, "verification/meters", accreditor, 0, 10)[0].until, START + 9);
        vm.assertEq(trust.scopes(body, 1, 1)[0], "verification/meters");
        vm.assertTrue(trust.hasAccredited(accreditor, body));
        vm.assertFalse(trust.hasAccredited(otherAccreditor, body));
    }

    function test_accredit_anyBodyAlsoAnotherSponsors() public {
        vm.prank(ACCREDITOR_ADMIN);
        trust.accredit(accreditor, otherBody, "verification", 0, 0);
        vm.assertTrue(trust.hasAccredited(accreditor, otherBody));
    }

    function test_accredit_onlyByTheAccreditorWhileActive() public {
        address[3] memory others = [ROOT_ADMIN, OTHER_ACCREDITOR_ADMIN, BODY_ADMIN];
        for (uint256 i; i < others.length; ++i) {
            _refused(others[i], abi.encodeWithSelector(T.NotAdministrator.selector, accreditor, others[i]));
            trust.accredit(accreditor, body, "verification", 0, 0);
        }
        _suspend(root, accreditor);
        _refused(ACCREDITOR_ADMIN, abi.encodeWithSelector(T.OrganisationSuspended.selector, accreditor));
        trust.accredit(accreditor, body, "verification", 0, 0);
    }

    function test_accredit_onlyABody() public {
        _refused(ACCREDITOR_ADMIN, abi.encodeWithSelector(T.WrongKind.selector, regulator, T.Kind.Regulator));
        trust.accredit(accreditor, regulator, SCALES, 0, 0);
        _refused(ACCREDITOR_ADMIN, abi.encodeWithSelector(T.WrongKind.selector, accreditor, T.Kind.Accreditor));
        trust.accredit(accreditor, accreditor, SCALES, 0, 0);
    }

    function test_accredit_onlyWhatItsOwnGrantCovers() public {
        _refuseScope(OTHER_ACCREDITOR_ADMIN, otherAccreditor, "verification", 0, T.AccreditationState.GrantNone);
        _refuseScope(OTHER_ACCREDITOR_ADMIN, otherAccreditor, "verification/meters", 0, T.AccreditationState.GrantNone);
        _refuseScope(OTHER_ACCREDITOR_ADMIN, otherAccreditor, "verification/scales2", 0, T.AccreditationState.GrantNone);
        _refuseScope(REGULATOR_ADMIN, regulator, SCALES, 0, T.AccreditationState.GrantNone);
        _refuseScope(BODY_ADMIN, body, SCALES, 0, T.AccreditationState.GrantNone);
        vm.prank(OTHER_ACCREDITOR_ADMIN);
        trust.accredit(otherAccreditor, body, "verification/scales/automatic", 0, 0);
    }

    function test_accredit_onlyWhenItsOwnGrantHolds() public {
        vm.prank(ROOT_ADMIN);
        trust.grantScope(accreditor, "testing", START + 10, START + 20);
        _refuseScope(ACCREDITOR_ADMIN, accreditor, "testing/food", 0, T.AccreditationState.GrantNotYet);
        _refuseScope(ACCREDITOR_ADMIN, accreditor, "testing/food", START + 20, T.AccreditationState.GrantExpired);
        vm.prank(ACCREDITOR_ADMIN);
        trust.accredit(accreditor, body, "testing/food", START + 10, 0);

        vm.prank(ROOT_ADMIN);
        trust.suspendGrant(accreditor, "verification", 0, WHY);
        _refuseScope(ACCREDITOR_ADMIN, accreditor, SCALES, 0, T.AccreditationState.GrantSuspended);
        vm.prank(ROOT_ADMIN);
        trust.withdrawGrant(accreditor, "verification", 0, WHY);
        _refuseScope(ACCREDITOR_ADMIN, accreditor, SCALES, 0, T.AccreditationState.GrantWithdrawn);
    }

    // ------------------------------------------------------------------------------------------------ end an accreditation

    function test_endAccreditation_byTheAccreditorOrTheRoot() public {
        vm.expectEmit();
        emit T.AccreditationRecorded(
            body, accreditor, sha256(bytes(SCALES)), SCALES, T.Entry(T.Act.Suspended, WHY, START, 0, START, accreditor)
        );
        vm.prank(ACCREDITOR_ADMIN);
        trust.suspendAccreditation(accreditor, accreditor, body, SCALES, 0, WHY);
        vm.prank(ROOT_ADMIN);
        trust.withdrawAccreditation(root, accreditor, body, SCALES, 0, WHY);
        vm.assertEq(trust.accreditationEntries(body, SCALES, accreditor, 2, 1)[0].by, root);
    }

    function test_endAccreditation_byNobodyElse() public {
        _refused(STRANGER, abi.encodeWithSelector(T.NotAdministrator.selector, accreditor, STRANGER));
        trust.suspendAccreditation(accreditor, accreditor, body, SCALES, 0, WHY);
        _refused(OTHER_ACCREDITOR_ADMIN, abi.encodeWithSelector(T.NoAuthority.selector, otherAccreditor, body));
        trust.withdrawAccreditation(otherAccreditor, accreditor, body, SCALES, 0, WHY);
        _refused(REGULATOR_ADMIN, abi.encodeWithSelector(T.NoAuthority.selector, regulator, body));
        trust.withdrawAccreditation(regulator, accreditor, body, SCALES, 0, WHY);
        _refused(BODY_ADMIN, abi.encodeWithSelector(T.NoAuthority.selector, body, body));
        trust.suspendAccreditation(body, accreditor, body, SCALES, 0, WHY);
        _suspend(root, accreditor);
        _refused(ACCREDITOR_ADMIN, abi.encodeWithSelector(T.OrganisationSuspended.selector, accreditor));
        trust.withdrawAccreditation(accreditor, accreditor, body, SCALES, 0, WHY);
    }

    function test_endAccreditation_onlyWhatStands() public {
        _refused(ACCREDITOR_ADMIN, abi.encodeWithSelector(T.WrongTransition.selector, T.Act.None, T.Act.Withdrawn));
        trust.withdrawAccreditation(accreditor, accreditor, body, "verification", 0, WHY);
        vm.prank(ACCREDITOR_ADMIN);
        trust.withdrawAccreditation(accreditor, accreditor, body, SCALES, 0, WHY);
        _refused(ACCREDITOR_ADMIN, abi.encodeWithSelector(T.WrongTransition.selector, T.Act.Withdrawn, T.Act.Suspended));
        trust.suspendAccreditation(accreditor, accreditor, body, SCALES, 0, WHY);
    }

    function test_endAccreditation_reachesBackNinetyDays() public {
        uint64 now_ = START + 200 days;
        vm.warp(now_);
        _refused(
            ACCREDITOR_ADMIN, abi.encodeWithSelector(Times.TooFarBack.selector, now_ - 90 days - 1, now_ - 90 days)
        );
        trust.suspendAccreditation(accreditor, accreditor, body, SCALES, now_ - 90 days - 1, WHY);
        _refused(ACCREDITOR_ADMIN, abi.encodeWithSelector(Times.InFuture.selector, now_ + 1, now_));
        trust.suspendAccreditation(accreditor, accreditor, body, SCALES, now_ + 1, WHY);
        vm.prank(ACCREDITOR_ADMIN);
        trust.suspendAccreditation(accreditor, accreditor, body, SCALES, now_ - 90 days, WHY);
        vm.assertEq(trust.accreditationEntries(body, SCALES, accreditor, 1, 1)[0].effective, now_ - 90 days);
    }

    // ------------------------------------------------------------------------------------------------ bounds

    function test_theLastPlaceIsForAWithdrawal() public {
        for (uint256 i; i < 254; ++i) {
            vm.prank(ACCREDITOR_ADMIN);
            trust.accredit(accreditor, body, SCALES, 0, 0);
        }
        _refused(ACCREDITOR_ADMIN, abi.encodeWithSelector(Entries.TooManyEntries.selector));
        trust.accredit(accreditor, body, SCALES, 0, 0);
        _refused(ACCREDITOR_ADMIN, abi.encodeWithSelector(Entries.TooManyEntries.selector));
        trust.suspendAccreditation(accreditor, accreditor, body, SCALES, 0, WHY);
        vm.prank(ACCREDITOR_ADMIN);
        trust.withdrawAccreditation(accreditor, accreditor, body, SCALES, 0, WHY);
        vm.assertEq(trust.accreditationEntries(body, SCALES, accreditor, 0, 1000).length, 256);
    }

    function test_theLastPlaceOfAGrantToo() public {
        for (uint256 i; i < 254; ++i) {
            vm.prank(ROOT_ADMIN);
            trust.grantScope(accreditor, "verification", 0, 0);
        }
        _refused(ROOT_ADMIN, abi.encodeWithSelector(Entries.TooManyEntries.selector));
        trust.grantScope(accreditor, "verification", 0, 0);
        vm.prank(ROOT_ADMIN);
        trust.withdrawGrant(accreditor, "verification", 0, WHY);
        vm.assertEq(trust.grantEntries(accreditor, "verification", 0, 1000).length, 256);
    }

    function test_sixteenAccreditorsForABodyAndScope() public {
        for (uint256 i; i < 15; ++i) {
            _accreditAsNew(i);
        }
        vm.assertEq(trust.accreditors(body, SCALES).length, 16);
        bytes32 another = _newAccreditor(15);
        _refused(address(uint160(0xD00 + 15)), abi.encodeWithSelector(Entries.TooManyAuthors.selector));
        trust.accredit(another, body, SCALES, 0, 0);
        vm.prank(ACCREDITOR_ADMIN);
        trust.accredit(accreditor, body, SCALES, 0, 0);
    }

    function _accreditAsNew(uint256 i) private {
        bytes32 another = _newAccreditor(i);
        vm.prank(address(uint160(0xD00 + i)));
        trust.accredit(another, body, SCALES, 0, 0);
    }

    function _newAccreditor(uint256 i) private returns (bytes32 org) {
        string memory did = string.concat("did:web:accreditor", vm.toString(i), ".example");
        org = _register(did, T.Kind.Accreditor, root, address(uint160(0xD00 + i)));
        vm.prank(ROOT_ADMIN);
        trust.grantScope(org, "verification", 0, 0);
    }

    function _refuseScope(address admin, bytes32 by, string memory scope, uint64 from, T.AccreditationState state)
        private
    {
        _refused(admin, abi.encodeWithSelector(T.ScopeNotGranted.selector, by, scope, state));
        trust.accredit(by, body, scope, from, 0);
    }
}
