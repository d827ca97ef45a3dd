// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {LogAnchor} from "../src/LogAnchor.sol";
import {StatusRegistry} from "../src/StatusRegistry.sol";
import {TrustRegistry} from "../src/TrustRegistry.sol";
import {ILogAnchor as L} from "../src/interfaces/ILogAnchor.sol";
import {IStatusRegistry as S} from "../src/interfaces/IStatusRegistry.sol";
import {ITrustRegistry as T} from "../src/interfaces/ITrustRegistry.sol";
import {World} from "./base/World.sol";

/// @title A log, a key or a status of one deployment means nothing in another
contract DeploymentsTest is World {
    TrustRegistry private trust2;
    LogAnchor private logs2;
    StatusRegistry private statuses2;
    bytes32 private log;
    bytes8 private kid;

    /// @dev The same names and accounts twice over; only the first country does anything with them.
    function setUp() public override {
        super.setUp();
        (TrustRegistry trust1, LogAnchor logs1, StatusRegistry statuses1) = (trust, logs, statuses);
        super.setUp();
        (trust2, logs2, statuses2) = (trust, logs, statuses);
        (trust, logs, statuses) = (trust1, logs1, statuses1);
        log = _openLog();
        kid = _addKey(0, 0);
        _anchor(log, 1, 5);
        vm.prank(BODY_ADMIN);
        statuses.setStatus(log, "leaf", body, S.Status.Withdrawn, S.StatusReason.Fraud, 0);
    }

    function test_itsLogIsUnknown() public {
        vm.assertEq(uint8(logs2.logInfo(log).state), uint8(L.LogState.None));
        (bool exists,) = logs2.anchorAt(log, 5);
        vm.assertFalse(exists);
        (bytes32 newRoot, bytes32[] memory proof) = (_rootOf(5), _proof(1, 5));
        _refused(ANCHOR_OPERATOR, abi.encodeWithSelector(L.UnknownLog.selector, log));
        logs2.anchor(log, 1, 5, newRoot, proof);
    }

    function test_itsKeyIsUnknown() public {
        vm.assertEq(uint8(trust2.keyAt(body, kid, START).state), uint8(T.KeyState.None));
        _refused(BODY_ADMIN, abi.encodeWithSelector(T.UnknownKey.selector, body, kid));
        trust2.revokeKey(body, body, kid, 0, T.Reason.Compromised);
    }

    function test_itsStatusIsUnknown() public {
        (S.Standing memory worst,) = statuses2.statusAt(log, "leaf", START);
        vm.assertEq(uint8(worst.status), uint8(S.Status.Active));
        _refused(BODY_ADMIN, abi.encodeWithSelector(S.UnknownLog.selector, log));
        statuses2.setStatus(log, "leaf", body, S.Status.Withdrawn, S.StatusReason.Fraud, 0);
    }

    function test_itsSuspensionDoesNotReachOver() public {
        _suspend(accreditor, body);
        vm.assertFalse(trust.isActive(body));
        vm.assertTrue(trust2.isActive(body));
    }

    function test_theSameNamesCanBeUsedThere() public {
        vm.prank(BODY_ADMIN);
        vm.assertEq(logs2.openLog(body, ORIGIN, "another genesis"), log, "the same id");
        vm.assertEq(logs2.latest(log).root, "another genesis");
        vm.assertEq(logs.latest(log).size, 5);
    }

    function test_theContractsKnowOnlyEachOther() public view {
        vm.assertEq(address(logs.trust()), address(trust));
        vm.assertEq(address(statuses.trust()), address(trust));
        vm.assertEq(address(statuses.logs()), address(logs));
        vm.assertEq(address(logs2.trust()), address(trust2));
    }
}
