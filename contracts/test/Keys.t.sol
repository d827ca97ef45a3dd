// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ITrustRegistry as T} from "../src/interfaces/ITrustRegistry.sol";
import {Entries} from "../src/lib/Entries.sol";
import {P256} from "../src/lib/P256.sol";
import {Times} from "../src/lib/Times.sol";
import {World} from "./base/World.sol";

contract KeysTest is World {
    uint64 private constant LATER = START + 200 days;

    // ------------------------------------------------------------------------------------------------ addKey

    function test_addKey_storesAndTells() public {
        (bytes32 x, bytes32 y) = _point(1);
        bytes8 kid = P256.kid(x, y);
        vm.expectEmit();
        emit T.KeyAdded(body, kid, x, y, START, START + 100, START, T.Custody.Operator);
        vm.prank(BODY_ADMIN);
        vm.assertEq(bytes32(trust.addKey(body, x, y, 0, START + 100, T.Custody.Operator)), bytes32(kid));

        T.Key memory key = trust.keyAt(body, kid, START);
        vm.assertEq(key.x, x);
        vm.assertEq(key.y, y);
        vm.assertEq(key.from, START);
        vm.assertEq(key.until, START + 100);
        vm.assertEq(key.recordedAt, START);
        vm.assertEq(uint8(key.custody), uint8(T.Custody.Operator));
        vm.assertEq(uint8(key.state), uint8(T.KeyState.Valid));
        vm.assertEq(bytes32(trust.keys(body, 0, 10)[0]), bytes32(kid));
    }

    function test_addKey_countsFromItsFirstSecondUntilItsLast() public {
        bytes8 kid = _addKey(START + 10, START + 20);
        _requireState(kid, START + 9, T.KeyState.NotYet);
        _requireState(kid, START + 10, T.KeyState.Valid);
        _requireState(kid, START + 19, T.KeyState.Valid);
        _requireState(kid, START + 20, T.KeyState.Expired);
        _requireState(bytes8(~uint64(kid)), START + 10, T.KeyState.None);
        vm.assertEq(uint8(trust.keyAt(otherBody, kid, START + 10).state), uint8(T.KeyState.None));
    }

    function test_addKey_onlyByTheAdministratorWhileActive() public {
        (bytes32 x, bytes32 y) = _point(1);
        address[4] memory others = [ROOT_ADMIN, ACCREDITOR_ADMIN, STATUS_OPERATOR, STRANGER];
        for (uint256 i; i < others.length; ++i) {
            _refused(others[i], abi.encodeWithSelector(T.NotAdministrator.selector, body, others[i]));
            trust.addKey(body, x, y, 0, 0, T.Custody.Body);
        }
        _suspend(accreditor, body);
        _refused(BODY_ADMIN, abi.encodeWithSelector(T.OrganisationSuspended.selector, body));
        trust.addKey(body, x, y, 0, 0, T.Custody.Body);
    }

    function test_addKey_onlyPointsOnTheCurve() public {
        (bytes32 x, bytes32 y) = _point(1);
        _refused(BODY_ADMIN, abi.encodeWithSelector(T.PointNotOnCurve.selector, y, x));
        trust.addKey(body, y, x, 0, 0, T.Custody.Body);
    }

    function test_addKey_onlyOnceInAnOrganisation() public {
        bytes8 kid = _addKey(0, 0);
        (bytes32 x, bytes32 y) = _point(1);
        _refused(BODY_ADMIN, abi.encodeWithSelector(T.KeyExists.selector, body, kid));
        trust.addKey(body, x, y, 0, 0, T.Custody.Body);
        vm.prank(OTHER_BODY_ADMIN);
        vm.assertEq(bytes32(trust.addKey(otherBody, x, y, 0, 0, T.Custody.Body)), bytes32(kid), "another may");
    }

    function test_addKey_notIntoThePastNorForNoTime() public {
        (bytes32 x, bytes32 y) = _point(1);
        _refused(BODY_ADMIN, abi.encodeWithSelector(Times.StartsInPast.selector, START - 1, START));
        trust.addKey(body, x, y, START - 1, 0, T.Custody.Body);
        _refused(BODY_ADMIN, abi.encodeWithSelector(Times.EmptyInterval.selector, START, START));
        trust.addKey(body, x, y, 0, START, T.Custody.Body);
        _refused(BODY_ADMIN, abi.encodeWithSelector(Times.EmptyInterval.selector, START + 9, START + 8));
        trust.addKey(body, x, y, START + 9, START + 8, T.Custody.Body);
    }

    // ------------------------------------------------------------------------------------------------ revokeKey

    function test_revokeKey_byItselfFromNowOn() public {
        bytes8 kid = _addKey(0, 0);
        vm.warp(LATER);
        vm.expectEmit();
        emit T.KeyRevoked(body, kid, T.Entry(T.Act.Withdrawn, T.Reason.Superseded, LATER, 0, LATER, body));
        vm.prank(BODY_ADMIN);
        trust.revokeKey(body, body, kid, 0, T.Reason.Superseded);

        _requireState(kid, LATER - 1, T.KeyState.Valid);
        _requireState(kid, LATER, T.KeyState.Revoked);
        T.Key memory key = trust.keyAt(body, kid, LATER - 1);
        vm.assertEq(key.revocation.effective, LATER, "known beforehand too");
        vm.assertEq(key.revocation.recordedAt, LATER);
        vm.assertEq(key.revocation.by, body);
        vm.assertEq(uint8(key.revocation.reason), uint8(T.Reason.Superseded));
    }

    function test_revokeKey_reachesBack72HoursForItselfAnd90DaysForThoseAbove() public {
        bytes8 kid = _addKey(0, 0);
        vm.warp(LATER);
        _refuseTooFarBack(BODY_ADMIN, body, kid, LATER - 72 hours - 1, LATER - 72 hours);
        _revoke(BODY_ADMIN, body, kid, LATER - 72 hours);
        _refuseTooFarBack(ACCREDITOR_ADMIN, accreditor, kid, LATER - 90 days - 1, LATER - 90 days);
        _revoke(ACCREDITOR_ADMIN, accreditor, kid, LATER - 90 days + 1);
        _revoke(ROOT_ADMIN, root, kid, LATER - 90 days);

        _requireState(kid, LATER - 90 days - 1, T.KeyState.Valid);
        _requireState(kid, LATER - 90 days, T.KeyState.Revoked);
        T.Entry[] memory history = trust.keyHistory(body, kid, 0, 10);
        vm.assertEq(history.length, 3);
        vm.assertEq(history[0].by, body);
        vm.assertEq(history[1].by, accreditor);
        vm.assertEq(history[2].by, root);
        vm.assertEq(history[2].recordedAt, LATER);
    }

    function test_revokeKey_theRootsOwnReachBack90Days() public {
        (bytes32 x, bytes32 y) = _point(1);
        vm.prank(ROOT_ADMIN);
        bytes8 kid = trust.addKey(root, x, y, 0, 0, T.Custody.Body);
        vm.warp(LATER);
        vm.prank(ROOT_ADMIN);
        trust.revokeKey(root, root, kid, LATER - 90 days, T.Reason.Compromised);
        vm.assertEq(uint8(trust.keyAt(root, kid, LATER - 90 days).state), uint8(T.KeyState.Revoked));
    }

    function test_revokeKey_neverInTheFutureNorBeforeItsStart() public {
        bytes8 kid = _addKey(START + 10, 0);
        vm.warp(START + 20);
        _refused(BODY_ADMIN, abi.encodeWithSelector(Times.InFuture.selector, START + 21, START + 20));
        trust.revokeKey(body, body, kid, START + 21, T.Reason.Compromised);
        _refuseTooFarBack(BODY_ADMIN, body, kid, START + 9, START + 10);
        _refuseTooFarBack(ACCREDITOR_ADMIN, accreditor, kid, START + 9, START + 10);
        _revoke(BODY_ADMIN, body, kid, START + 10);
        _requireState(kid, START + 10, T.KeyState.Revoked);
    }

    function test_revokeKey_beforeItsStartItNeverBegins() public {
        bytes8 kid = _addKey(START + 10, 0);
        _refuseTooFarBack(BODY_ADMIN, body, kid, START, START + 10);
        _revoke(BODY_ADMIN, body, kid, 0);
        _requireState(kid, START, T.KeyState.NotYet);
        _requireState(kid, START + 10, T.KeyState.Revoked);
        vm.assertEq(trust.keyAt(body, kid, START).revocation.effective, START + 10);
    }

    function test_revokeKey_againOnlyFurtherBack() public {
        bytes8 kid = _addKey(0, 0);
        vm.warp(LATER);
        _revoke(BODY_ADMIN, body, kid, LATER - 10);
        uint64[3] memory notBefore = [LATER - 10, LATER - 9, 0];
        for (uint256 i; i < notBefore.length; ++i) {
            _refused(ACCREDITOR_ADMIN, abi.encodeWithSelector(T.AlreadyRevoked.selector, body, kid, LATER - 10));
            trust.revokeKey(accreditor, body, kid, notBefore[i], T.Reason.Compromised);
        }
        _revoke(ACCREDITOR_ADMIN, accreditor, kid, LATER - 11);
        vm.assertEq(trust.keyAt(body, kid, LATER).revocation.by, accreditor);
    }

    function test_revokeKey_evenWhileSuspended() public {
        bytes8 kid = _addKey(0, 0);
        _suspend(accreditor, body);
        _revoke(BODY_ADMIN, body, kid, 0);
        _requireState(kid, START, T.KeyState.Revoked);
    }

    function test_revokeKey_byNobodyElse() public {
        bytes8 kid = _addKey(0, 0);
        _refused(STRANGER, abi.encodeWithSelector(T.NotAdministrator.selector, body, STRANGER));
        trust.revokeKey(body, body, kid, 0, T.Reason.Compromised);
        _refused(STATUS_OPERATOR, abi.encodeWithSelector(T.NotAdministrator.selector, body, STATUS_OPERATOR));
        trust.revokeKey(body, body, kid, 0, T.Reason.Compromised);
        _refused(OTHER_ACCREDITOR_ADMIN, abi.encodeWithSelector(T.NoAuthority.selector, otherAccreditor, body));
        trust.revokeKey(otherAccreditor, body, kid, 0, T.Reason.Compromised);
        _refused(REGULATOR_ADMIN, abi.encodeWithSelector(T.NoAuthority.selector, regulator, body));
        trust.revokeKey(regulator, body, kid, 0, T.Reason.Compromised);
        _suspend(root, accreditor);
        _refused(ACCREDITOR_ADMIN, abi.encodeWithSelector(T.OrganisationSuspended.selector, accreditor));
        trust.revokeKey(accreditor, body, kid, 0, T.Reason.Compromised);
    }

    function test_revokeKey_onlyWhatIsThere() public {
        _refused(BODY_ADMIN, abi.encodeWithSelector(T.UnknownKey.selector, body, bytes8("none")));
        trust.revokeKey(body, body, "none", 0, T.Reason.Compromised);
        bytes8 kid = _addKey(0, 0);
        _refused(OTHER_BODY_ADMIN, abi.encodeWithSelector(T.UnknownKey.selector, otherBody, kid));
        trust.revokeKey(otherBody, otherBody, kid, 0, T.Reason.Compromised);
    }

    function test_revokeKey_theLastPlaceIsForThoseAbove() public {
        bytes8 kid = _addKey(0, 0);
        vm.warp(LATER);
        for (uint64 i = 1; i <= 255; ++i) {
            _revoke(BODY_ADMIN, body, kid, LATER - i);
        }
        _refused(BODY_ADMIN, abi.encodeWithSelector(Entries.TooManyEntries.selector));
        trust.revokeKey(body, body, kid, LATER - 256, T.Reason.Compromised);
        _revoke(ACCREDITOR_ADMIN, accreditor, kid, LATER - 90 days);
    }

    function test_keys_inPages() public {
        for (uint256 i = 1; i <= 5; ++i) {
            (bytes32 x, bytes32 y) = _point(i);
            vm.prank(BODY_ADMIN);
            trust.addKey(body, x, y, 0, 0, T.Custody.Body);
        }
        bytes8[] memory page = trust.keys(body, 3, 10);
        vm.assertEq(page.length, 2);
        (bytes32 x4, bytes32 y4) = _point(4);
        vm.assertEq(bytes32(page[0]), bytes32(P256.kid(x4, y4)));
    }

    // ------------------------------------------------------------------------------------------------ helpers

    function _revoke(address admin, bytes32 by, bytes8 kid, uint64 since) private {
        vm.prank(admin);
        trust.revokeKey(by, body, kid, since, T.Reason.Compromised);
    }

    function _refuseTooFarBack(address admin, bytes32 by, bytes8 kid, uint64 since, uint64 earliest) private {
        _refused(admin, abi.encodeWithSelector(Times.TooFarBack.selector, since, earliest));
        trust.revokeKey(by, body, kid, since, T.Reason.Compromised);
    }

    function _requireState(bytes8 kid, uint64 when, T.KeyState state) private view {
        vm.assertEq(uint8(trust.keyAt(body, kid, when).state), uint8(state));
    }
}
