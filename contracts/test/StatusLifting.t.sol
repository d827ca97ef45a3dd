// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IStatusRegistry as S} from "../src/interfaces/IStatusRegistry.sol";
import {World} from "./base/World.sol";

/// @title The worst counts; lifting, annulling, batches, histories
contract StatusLiftingTest is World {
    bytes32 private constant LEAF = "a record";
    S.StatusReason private constant WHY = S.StatusReason.Investigation;
    S.StatusReason private constant RESOLVED = S.StatusReason.Resolved;

    bytes32 private log;

    function setUp() public override {
        super.setUp();
        log = _openLog();
        vm.warp(START + 100 days);
    }

    // ------------------------------------------------------------------------------------------------ the worst

    function test_aRecordNobodySpokeAboutIsActive() public view {
        (S.Standing memory worst, S.Standing[] memory byAuthor) = statuses.statusAt(log, LEAF, _now());
        vm.assertEq(uint8(worst.status), uint8(S.Status.Active));
        vm.assertEq(worst.author, 0);
        vm.assertEq(worst.effective, 0);
        vm.assertEq(byAuthor.length, 0);
    }

    function test_theWorstCounts() public {
        _set(REGULATOR_ADMIN, regulator, S.Status.Suspended);
        _set(BODY_ADMIN, body, S.Status.Superseded);
        _requireWorst(S.Status.Superseded, body);
        _set(ACCREDITOR_ADMIN, accreditor, S.Status.Withdrawn);
        _requireWorst(S.Status.Withdrawn, accreditor);
        (, S.Standing[] memory byAuthor) = statuses.statusAt(log, LEAF, _now());
        vm.assertEq(byAuthor.length, 3);
        vm.assertEq(uint8(byAuthor[0].status), uint8(S.Status.Suspended));
    }

    function test_ofEqualsTheOneEffectiveFirst() public {
        _set(BODY_ADMIN, body, S.Status.Withdrawn);
        vm.prank(REGULATOR_ADMIN);
        statuses.setStatus(log, LEAF, regulator, S.Status.Withdrawn, WHY, _now() - 5);
        _requireWorst(S.Status.Withdrawn, regulator);
        vm.prank(ACCREDITOR_ADMIN);
        statuses.setStatus(log, LEAF, accreditor, S.Status.Withdrawn, WHY, _now() - 4);
        _requireWorst(S.Status.Withdrawn, regulator);
    }

    function test_onlyAuthorsWhoSpokeByThenAreListed() public {
        _set(BODY_ADMIN, body, S.Status.Suspended);
        uint64 then = _now();
        vm.warp(then + 10);
        _set(REGULATOR_ADMIN, regulator, S.Status.Withdrawn);
        (S.Standing memory worst, S.Standing[] memory byAuthor) = statuses.statusAt(log, LEAF, then);
        vm.assertEq(byAuthor.length, 1);
        vm.assertEq(worst.author, body);
    }

    // ------------------------------------------------------------------------------------------------ lift

    function test_lift_whatALowerAuthorSuspended() public {
        _set(BODY_ADMIN, body, S.Status.Suspended);
        _set(ACCREDITOR_ADMIN, accreditor, S.Status.Suspended);
        vm.expectEmit();
        emit S.StatusRecorded(log, LEAF, body, accreditor, 1, S.Status.Active, RESOLVED, _now(), _now());
        _lift(ACCREDITOR_ADMIN, accreditor, body);
        _lift(REGULATOR_ADMIN, regulator, accreditor);
        _requireWorst(S.Status.Active, body);
        (, S.Standing[] memory byAuthor) = statuses.statusAt(log, LEAF, _now());
        vm.assertEq(byAuthor[0].by, accreditor);
        vm.assertEq(byAuthor[1].by, regulator);
    }

    function test_lift_fromNowOn() public {
        _set(BODY_ADMIN, body, S.Status.Suspended);
        uint64 then = _now();
        vm.warp(then + 10);
        _lift(REGULATOR_ADMIN, regulator, body);
        (S.Standing memory worst,) = statuses.statusAt(log, LEAF, then + 9);
        vm.assertEq(uint8(worst.status), uint8(S.Status.Suspended));
    }

    function test_lift_notOnesEqualOrHigher() public {
        _set(REGULATOR_ADMIN, regulator, S.Status.Suspended);
        _set(ACCREDITOR_ADMIN, accreditor, S.Status.Suspended);
        _refuseLift(BODY_ADMIN, body, regulator);
        _refuseLift(BODY_ADMIN, body, accreditor);
        _refuseLift(STATUS_OPERATOR, body, regulator);
        _refuseLift(ACCREDITOR_ADMIN, accreditor, regulator);
        _refuseLift(ACCREDITOR_ADMIN, accreditor, accreditor);
        _refuseLift(OTHER_REGULATOR_ADMIN, otherRegulator, regulator);
    }

    function test_aBodyCannotReinstateNorPreEmptTheRegulator() public {
        _set(BODY_ADMIN, body, S.Status.Suspended);
        _set(REGULATOR_ADMIN, regulator, S.Status.Suspended);
        _set(BODY_ADMIN, body, S.Status.Active);
        _requireWorst(S.Status.Suspended, regulator);
    }

    function test_lift_onlyByThoseWhoMay() public {
        _set(BODY_ADMIN, body, S.Status.Suspended);
        _refused(STRANGER, abi.encodeWithSelector(S.NotStatusOperator.selector, regulator, STRANGER));
        statuses.lift(regulator, log, LEAF, body, RESOLVED);
        _refused(OTHER_ACCREDITOR_ADMIN, abi.encodeWithSelector(S.NotAnAuthor.selector, otherAccreditor, log));
        statuses.lift(otherAccreditor, log, LEAF, body, RESOLVED);
        _refused(ROOT_ADMIN, abi.encodeWithSelector(S.NotAnAuthor.selector, root, log));
        statuses.lift(root, log, LEAF, body, RESOLVED);
        _suspend(root, regulator);
        _refused(REGULATOR_ADMIN, abi.encodeWithSelector(S.OrganisationNotActive.selector, regulator));
        statuses.lift(regulator, log, LEAF, body, RESOLVED);
    }

    function test_lift_onlyWhatIsSuspended() public {
        _refuseLiftOf(S.Status.Active);
        _set(BODY_ADMIN, body, S.Status.Superseded);
        _refuseLiftOf(S.Status.Superseded);
        _set(BODY_ADMIN, body, S.Status.Withdrawn);
        _refuseLiftOf(S.Status.Withdrawn);
    }

    // ------------------------------------------------------------------------------------------------ annul

    function test_annul_countsAsNeverMadeAndStaysReadable() public {
        uint64 then = _now();
        _set(REGULATOR_ADMIN, regulator, S.Status.Withdrawn);
        vm.warp(then + 10);
        vm.expectEmit();
        emit S.StatusAnnulled(log, LEAF, regulator, 0, S.AnnulReason.StolenKey, then + 10);
        _annul(regulator, 0);
        (S.Standing memory worst,) = statuses.statusAt(log, LEAF, then);
        vm.assertEq(uint8(worst.status), uint8(S.Status.Active));
        S.HistoryEntry memory entry = statuses.history(log, LEAF, 0, 1)[0];
        vm.assertEq(uint8(entry.status), uint8(S.Status.Withdrawn));
        vm.assertEq(entry.annulledAt, then + 10);
        vm.assertEq(uint8(entry.annulReason), uint8(S.AnnulReason.StolenKey));
    }

    function test_annul_whatWasBeforeStandsAgain() public {
        _set(REGULATOR_ADMIN, regulator, S.Status.Suspended);
        _set(REGULATOR_ADMIN, regulator, S.Status.Withdrawn);
        _annul(regulator, 1);
        _requireWorst(S.Status.Suspended, regulator);
        _set(REGULATOR_ADMIN, regulator, S.Status.Active);
        _annul(regulator, 2);
        _requireWorst(S.Status.Suspended, regulator);
    }

    function test_annul_onlyByTheRoot() public {
        _set(REGULATOR_ADMIN, regulator, S.Status.Withdrawn);
        address[4] memory others = [REGULATOR_ADMIN, ACCREDITOR_ADMIN, BODY_ADMIN, STRANGER];
        for (uint256 i; i < others.length; ++i) {
            _refused(others[i], abi.encodeWithSelector(S.NotRoot.selector, others[i]));
            statuses.annul(log, LEAF, regulator, 0, S.AnnulReason.Mistake);
        }
    }

    function test_annul_onlyWhatIsThereAndOnce() public {
        _refused(ROOT_ADMIN, abi.encodeWithSelector(S.NoSuchEntry.selector, regulator, 0));
        statuses.annul(log, LEAF, regulator, 0, S.AnnulReason.Mistake);
        _set(REGULATOR_ADMIN, regulator, S.Status.Withdrawn);
        _refused(ROOT_ADMIN, abi.encodeWithSelector(S.NoSuchEntry.selector, regulator, 1));
        statuses.annul(log, LEAF, regulator, 1, S.AnnulReason.Mistake);
        _annul(regulator, 0);
        _refused(ROOT_ADMIN, abi.encodeWithSelector(S.AlreadyAnnulled.selector, regulator, 0));
        statuses.annul(log, LEAF, regulator, 0, S.AnnulReason.Mistake);
    }

    // ------------------------------------------------------------------------------------------------ batches

    function test_setStatuses_allOrNone() public {
        S.StatusChange[] memory changes = new S.StatusChange[](3);
        changes[0] = S.StatusChange(log, "one", body, S.Status.Suspended, WHY, 0);
        changes[1] = S.StatusChange(log, "two", body, S.Status.Withdrawn, WHY, 0);
        changes[2] = S.StatusChange(log, "three", accreditor, S.Status.Withdrawn, WHY, 0);
        _refused(STATUS_OPERATOR, abi.encodeWithSelector(S.NotStatusOperator.selector, accreditor, STATUS_OPERATOR));
        statuses.setStatuses(changes);
        vm.assertEq(statuses.authors(log, "one").length, 0);
        changes[2].author = body;
        vm.prank(STATUS_OPERATOR);
        statuses.setStatuses(changes);
        vm.assertEq(statuses.authors(log, "three").length, 1);
    }

    function test_setStatuses_againWithAnotherRecordMore() public {
        S.StatusChange[] memory changes = new S.StatusChange[](2);
        changes[0] = S.StatusChange(log, "one", body, S.Status.Suspended, WHY, 0);
        changes[1] = changes[0];
        vm.prank(BODY_ADMIN);
        statuses.setStatuses(changes);
        vm.assertEq(statuses.history(log, "one", 0, 10).length, 1, "twice in one batch");
        vm.warp(_now() + 10);
        changes[1] = S.StatusChange(log, "two", body, S.Status.Suspended, WHY, 0);
        vm.prank(BODY_ADMIN);
        statuses.setStatuses(changes);
        vm.assertEq(statuses.history(log, "one", 0, 10).length, 1);
        vm.assertEq(statuses.history(log, "two", 0, 10).length, 1);
    }

    function test_setStatuses_atMost256() public {
        _refused(BODY_ADMIN, abi.encodeWithSelector(S.TooManyChanges.selector, 257));
        statuses.setStatuses(new S.StatusChange[](257));
        S.StatusChange[] memory changes = new S.StatusChange[](256);
        for (uint256 i; i < 256; ++i) {
            changes[i] = S.StatusChange(log, bytes32(i), body, S.Status.Withdrawn, WHY, 0);
        }
        vm.prank(BODY_ADMIN);
        statuses.setStatuses(changes);
    }

    // ------------------------------------------------------------------------------------------------ history

    function test_history_inPagesAcrossAuthors() public {
        _set(BODY_ADMIN, body, S.Status.Suspended);
        _set(BODY_ADMIN, body, S.Status.Active);
        _set(REGULATOR_ADMIN, regulator, S.Status.Suspended);
        _set(ACCREDITOR_ADMIN, accreditor, S.Status.Suspended);
        _lift(REGULATOR_ADMIN, regulator, accreditor);
        S.HistoryEntry[] memory all = statuses.history(log, LEAF, 0, 100);
        vm.assertEq(all.length, 5);
        vm.assertEq(all[1].author, body);
        vm.assertEq(all[1].index, 1);
        vm.assertEq(all[2].author, regulator);
        vm.assertEq(all[4].author, accreditor);
        vm.assertEq(all[4].by, regulator);
        for (uint256 offset; offset <= 6; ++offset) {
            for (uint256 limit; limit <= 6; ++limit) {
                S.HistoryEntry[] memory page = statuses.history(log, LEAF, offset, limit);
                vm.assertEq(page.length, offset >= 5 ? 0 : limit < 5 - offset ? limit : 5 - offset);
                for (uint256 i; i < page.length; ++i) {
                    vm.assertEq(keccak256(abi.encode(page[i])), keccak256(abi.encode(all[offset + i])));
                }
            }
        }
    }

    // ------------------------------------------------------------------------------------------------ helpers

    function _now() private view returns (uint64) {
        return uint64(block.timestamp);
    }

    function _set(address account, bytes32 author, S.Status status) private {
        vm.prank(account);
        statuses.setStatus(log, LEAF, author, status, WHY, 0);
    }

    function _lift(address account, bytes32 by, bytes32 author) private {
        vm.prank(account);
        statuses.lift(by, log, LEAF, author, RESOLVED);
    }

    function _annul(bytes32 author, uint64 index) private {
        vm.prank(ROOT_ADMIN);
        statuses.annul(log, LEAF, author, index, S.AnnulReason.StolenKey);
    }

    function _refuseLift(address account, bytes32 by, bytes32 author) private {
        _refused(account, abi.encodeWithSelector(S.NotAbove.selector, by, author));
        statuses.lift(by, log, LEAF, author, RESOLVED);
    }

    function _refuseLiftOf(S.Status status) private {
        _refused(REGULATOR_ADMIN, abi.encodeWithSelector(S.WrongTransition.selector, status, S.Status.Active));
        statuses.lift(regulator, log, LEAF, body, RESOLVED);
    }

    function _requireWorst(S.Status status, bytes32 author) private view {
        (S.Standing memory worst,) = statuses.statusAt(log, LEAF, _now());
        vm.assertEq(uint8(worst.status), uint8(status));
        vm.assertEq(worst.author, author);
    }
}
