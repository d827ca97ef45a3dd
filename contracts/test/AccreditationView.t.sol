// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ITrustRegistry as T} from "../src/interfaces/ITrustRegistry.sol";
import {World} from "./base/World.sol";

/// @title What `accreditationAt` finds, and how it explains what it does not find
contract AccreditationViewTest is World {
    string private constant SCALES = "verification/scales";
    string private constant AUTOMATIC = "verification/scales/automatic";
    T.Reason private constant WHY = T.Reason.Nonconformity;

    function test_everyLinkToTheRoot() public view {
        T.Accreditation memory a = trust.accreditationAt(body, AUTOMATIC, START);
        vm.assertEq(uint8(a.state), uint8(T.AccreditationState.Valid));
        vm.assertEq(a.accreditor, accreditor);
        vm.assertEq(a.scope, SCALES);
        vm.assertEq(a.accreditation.by, accreditor);
        vm.assertEq(a.accreditation.effective, START);
        vm.assertEq(a.grantScope, "verification");
        vm.assertEq(a.grant.by, root);
        vm.assertEq(a.grant.effective, START);
    }

    function test_aScopeCoversOnlyThoseBelowIt() public view {
        _requireState(body, SCALES, START, T.AccreditationState.Valid);
        _requireState(body, "verification/scales/a/b/c/d/e/f", START, T.AccreditationState.Valid);
        _requireState(body, "verification", START, T.AccreditationState.None);
        _requireState(body, "verification/meters", START, T.AccreditationState.None);
        _requireState(body, "verification/scales-2", START, T.AccreditationState.None);
        _requireState(body, "verification/scale", START, T.AccreditationState.None);
        _requireState(otherBody, SCALES, START, T.AccreditationState.None);
    }

    function test_otherKindsOfOrganisation() public view {
        _requireState(root, "anything", START, T.AccreditationState.Valid);
        _requireState(regulator, SCALES, START, T.AccreditationState.None);
        _requireState("unknown", SCALES, START, T.AccreditationState.None);
        _requireState(otherAccreditor, "verification", START, T.AccreditationState.GrantNone);
        T.Accreditation memory a = trust.accreditationAt(otherAccreditor, AUTOMATIC, START);
        vm.assertEq(uint8(a.state), uint8(T.AccreditationState.Valid));
        vm.assertEq(a.accreditor, otherAccreditor);
        vm.assertEq(a.scope, "");
        vm.assertEq(a.grantScope, SCALES);
    }

    function test_aMalformedScopeIsRefused() public {
        vm.expectRevert(abi.encodeWithSelector(T.BadScope.selector, "Verification"));
        trust.accreditationAt(body, "Verification", START);
    }

    function test_notYetValidExpired() public {
        _accredit("verification/meters", START + 10, START + 20);
        _requireState(body, "verification/meters", START + 9, T.AccreditationState.NotYet);
        _requireState(body, "verification/meters", START + 10, T.AccreditationState.Valid);
        _requireState(body, "verification/meters", START + 19, T.AccreditationState.Valid);
        _requireState(body, "verification/meters", START + 20, T.AccreditationState.Expired);
        vm.assertEq(trust.accreditationAt(body, "verification/meters", START).accreditation.effective, START + 10);
    }

    function test_suspendedResumedWithdrawn() public {
        vm.warp(START + 10);
        vm.prank(ACCREDITOR_ADMIN);
        trust.suspendAccreditation(accreditor, accreditor, body, SCALES, 0, WHY);
        vm.warp(START + 20);
        _accredit(SCALES, 0, 0);
        vm.warp(START + 30);
        vm.prank(ACCREDITOR_ADMIN);
        trust.withdrawAccreditation(accreditor, accreditor, body, SCALES, 0, WHY);
        _requireState(body, SCALES, START + 9, T.AccreditationState.Valid);
        _requireState(body, SCALES, START + 10, T.AccreditationState.Suspended);
        _requireState(body, SCALES, START + 19, T.AccreditationState.Suspended);
        _requireState(body, SCALES, START + 20, T.AccreditationState.Valid);
        _requireState(body, SCALES, START + 30, T.AccreditationState.Withdrawn);
        T.Accreditation memory a = trust.accreditationAt(body, SCALES, START + 30);
        vm.assertEq(uint8(a.accreditation.reason), uint8(WHY));
        vm.assertEq(a.accreditor, accreditor);
    }

    function test_theGrantHasToHoldAtThatTime() public {
        vm.prank(ROOT_ADMIN);
        trust.grantScope(accreditor, "testing", START + 10, START + 20);
        vm.prank(ACCREDITOR_ADMIN);
        trust.accredit(accreditor, body, "testing/food", START + 10, 0);
        _requireState(body, "testing/food", START + 19, T.AccreditationState.Valid);
        _requireState(body, "testing/food", START + 20, T.AccreditationState.GrantExpired);

        vm.warp(START + 30);
        vm.prank(ROOT_ADMIN);
        trust.suspendGrant(accreditor, "verification", 0, WHY);
        _requireState(body, SCALES, START + 29, T.AccreditationState.Valid);
        _requireState(body, SCALES, START + 30, T.AccreditationState.GrantSuspended);
        vm.warp(START + 40);
        vm.prank(ROOT_ADMIN);
        trust.withdrawGrant(accreditor, "verification", 0, WHY);
        _requireState(body, SCALES, START + 40, T.AccreditationState.GrantWithdrawn);
        T.Accreditation memory a = trust.accreditationAt(body, SCALES, START + 40);
        vm.assertEq(a.grantScope, "verification");
        vm.assertEq(uint8(a.grant.reason), uint8(WHY));
    }

    function test_aNarrowerGrantUpholdsOnlyWhatItCovers() public {
        vm.prank(ROOT_ADMIN);
        trust.grantScope(accreditor, SCALES, 0, 0);
        _accredit("verification", 0, 0);
        vm.warp(START + 10);
        vm.prank(ROOT_ADMIN);
        trust.withdrawGrant(accreditor, "verification", 0, WHY);
        // For `verification` the accreditor has no grant any more; its accreditation for scales still stands on the other.
        T.Accreditation memory a = trust.accreditationAt(body, AUTOMATIC, START + 10);
        vm.assertEq(uint8(a.state), uint8(T.AccreditationState.Valid));
        vm.assertEq(a.scope, SCALES);
        vm.assertEq(a.grantScope, SCALES);
        _requireState(body, "verification/meters", START + 10, T.AccreditationState.GrantWithdrawn);
    }

    function test_aGrantForPartOfAnAccreditationDoesNotUpholdThatPart() public {
        vm.prank(ACCREDITOR_ADMIN);
        trust.accredit(accreditor, otherBody, "verification", 0, 0);
        vm.prank(ROOT_ADMIN);
        trust.grantScope(accreditor, SCALES, 0, 0);
        vm.warp(START + 10);
        vm.prank(ROOT_ADMIN);
        trust.withdrawGrant(accreditor, "verification", 0, WHY);
        _requireState(otherBody, SCALES, START + 9, T.AccreditationState.Valid);
        _requireState(otherBody, SCALES, START + 10, T.AccreditationState.GrantWithdrawn);
    }

    function test_aSuspendedAccreditorLeavesItsAccreditationsStanding() public {
        _suspend(root, accreditor);
        _requireState(body, SCALES, START + 1, T.AccreditationState.Valid);
    }

    function test_anotherAccreditorIsEnough() public {
        vm.prank(OTHER_ACCREDITOR_ADMIN);
        trust.accredit(otherAccreditor, body, SCALES, 0, 0);
        vm.prank(ACCREDITOR_ADMIN);
        trust.withdrawAccreditation(accreditor, accreditor, body, SCALES, 0, WHY);
        T.Accreditation memory a = trust.accreditationAt(body, SCALES, START);
        vm.assertEq(uint8(a.state), uint8(T.AccreditationState.Valid));
        vm.assertEq(a.accreditor, otherAccreditor);
    }

    function test_aWiderScopeIsEnough() public {
        vm.prank(ACCREDITOR_ADMIN);
        trust.suspendAccreditation(accreditor, accreditor, body, SCALES, 0, WHY);
        _accredit("verification", 0, 0);
        T.Accreditation memory a = trust.accreditationAt(body, SCALES, START);
        vm.assertEq(uint8(a.state), uint8(T.AccreditationState.Valid));
        vm.assertEq(a.scope, "verification");
    }

    function test_theClosestExplanationIsGiven() public {
        _accredit("verification", START + 100, 0);
        vm.prank(OTHER_ACCREDITOR_ADMIN);
        trust.accredit(otherAccreditor, body, SCALES, 0, START + 5);
        vm.warp(START + 10);
        vm.prank(ACCREDITOR_ADMIN);
        trust.suspendAccreditation(accreditor, accreditor, body, SCALES, 0, WHY);
        // Expired with one accreditor, suspended by another, not yet begun for the wider scope.
        T.Accreditation memory a = trust.accreditationAt(body, SCALES, START + 10);
        vm.assertEq(uint8(a.state), uint8(T.AccreditationState.Suspended));
        vm.assertEq(a.accreditor, accreditor);
        vm.assertEq(a.scope, SCALES);
        vm.assertEq(a.grantScope, "", "the grant was not what failed");
    }

    function test_ofEquallyCloseExplanationsTheNarrowestScopesIsGiven() public {
        _accredit("verification", 0, 0);
        vm.prank(ACCREDITOR_ADMIN);
        trust.suspendAccreditation(accreditor, accreditor, body, "verification", 0, WHY);
        vm.prank(ACCREDITOR_ADMIN);
        trust.suspendAccreditation(accreditor, accreditor, body, SCALES, 0, WHY);
        vm.assertEq(trust.accreditationAt(body, AUTOMATIC, START).scope, SCALES);
    }

    // ------------------------------------------------------------------------------------------------ colliding entries

    function test_theLastRecordedEntryCounts() public {
        _accredit(SCALES, START + 100, START + 200);
        _accredit(SCALES, START + 100, START + 300);
        _requireState(body, SCALES, START + 250, T.AccreditationState.Valid);
        _requireState(body, SCALES, START + 50, T.AccreditationState.Valid);
        vm.assertEq(trust.accreditationAt(body, SCALES, START + 50).accreditation.until, 0, "the first one, until then");
        _requireState(body, SCALES, START + 300, T.AccreditationState.Expired);
    }

    function test_aSuspensionEndsWhatIsScheduledToo() public {
        _accredit("verification/meters", START + 100, 0);
        vm.prank(ACCREDITOR_ADMIN);
        trust.suspendAccreditation(accreditor, accreditor, body, "verification/meters", 0, WHY);
        _requireState(body, "verification/meters", START + 100, T.AccreditationState.Suspended);
    }

    function test_inOneBlockTheLaterActCounts() public {
        vm.prank(ACCREDITOR_ADMIN);
        trust.suspendAccreditation(accreditor, accreditor, body, SCALES, 0, WHY);
        _requireState(body, SCALES, START, T.AccreditationState.Suspended);
        _accredit(SCALES, 0, 0);
        _requireState(body, SCALES, START, T.AccreditationState.Valid);
        vm.assertEq(trust.accreditationEntries(body, SCALES, accreditor, 0, 10).length, 3);
    }

    function _accredit(string memory scope, uint64 from, uint64 until) private {
        vm.prank(ACCREDITOR_ADMIN);
        trust.accredit(accreditor, body, scope, from, until);
    }

    function _requireState(bytes32 org, string memory scope, uint64 when, T.AccreditationState state) private view {
        vm.assertEq(uint8(trust.accreditationAt(org, scope, when).state), uint8(state), scope);
    }
}
