// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Entries} from "../src/lib/Entries.sol";
import {Page} from "../src/lib/Page.sol";
import {Times} from "../src/lib/Times.sol";
import {Test} from "./base/Test.sol";

/// @title The libraries under every history
contract HistoriesTest is Test {
    using Entries for Entries.Entry[];
    using Entries for Entries.ByAuthor;

    uint64 private constant NOW = 1_800_000_000;

    Entries.Entry[] private list;
    Entries.ByAuthor private authors;

    function setUp() public {
        vm.warp(NOW);
    }

    // ------------------------------------------------------------------------------------------------ Entries

    function test_indexAt_isTheNewestEffectiveByThen() public {
        uint64[5] memory effective = [uint64(10), 30, 20, 30, 25];
        for (uint256 i; i < effective.length; ++i) {
            _append(effective[i], uint8(i), false);
        }
        _requireIndex(9, Entries.NONE);
        _requireIndex(10, 0);
        _requireIndex(19, 0);
        _requireIndex(20, 2);
        _requireIndex(24, 2);
        _requireIndex(25, 4);
        _requireIndex(30, 4);
        _requireIndex(type(uint64).max, 4);
    }

    function test_indexAt_leavesAnnulledOnesOut() public {
        _append(10, 1, false);
        _append(20, 2, false);
        list[1].annulledAt = 99;
        _requireIndex(30, 0);
        vm.assertEq(list.standing(), 1);
        list[0].annulledAt = 99;
        _requireIndex(30, Entries.NONE);
        vm.assertEq(list.standing(), 0);
    }

    function testFuzz_indexAt_agreesWithItsDefinition(uint64[12] memory effective, uint16 annulled, uint64 when)
        public
    {
        uint256 expected = Entries.NONE;
        when %= 16;
        for (uint256 i; i < effective.length; ++i) {
            _append(effective[i] % 16, uint8(i), false);
            bool out = (annulled >> i) & 1 == 1;
            if (out) list[i].annulledAt = 1;
            if (!out && effective[i] % 16 <= when) expected = i;
        }
        _requireIndex(when, expected);
    }

    /// @dev Whatever is appended, no answer about a time before its `effective` changes.
    function testFuzz_indexAt_theFutureDoesNotTouchThePast(uint64[8] memory effective, uint64 added, uint64 when)
        public
    {
        for (uint256 i; i < effective.length; ++i) {
            _append(effective[i] % 64, uint8(i), false);
        }
        (added, when) = (added % 64, when % 64);
        uint256 before = list.indexAt(when);
        _append(added, 9, false);
        vm.assertEq(list.indexAt(when), when >= added ? 8 : before);
    }

    function test_append_theLastPlaceIsReserved() public {
        for (uint256 i; i < 255; ++i) {
            _append(1, 0, false);
        }
        vm.expectRevert(abi.encodeWithSelector(Entries.TooManyEntries.selector));
        this.append(false);
        this.append(true);
        vm.expectRevert(abi.encodeWithSelector(Entries.TooManyEntries.selector));
        this.append(true);
        vm.assertEq(list.length, 256);
    }

    function test_append_keepsWhoDecidedOnlyWhereItIsNotTheAuthor() public {
        list.append(Entries.Entry(1, 0, 0, 0, 0, 0, 0, "author"), "author", false);
        list.append(Entries.Entry(1, 0, 0, 0, 0, 0, 0, "another"), "author", false);
        vm.assertEq(list[0].by, 0);
        vm.assertEq(list[1].by, "another");
    }

    function test_listOf_beginsAHistoryOnceForEachAuthor() public {
        Entries.Entry memory entry;
        for (uint256 i = 1; i <= 16; ++i) {
            authors.listOf(bytes32(i), 16).append(entry, 0, false);
            authors.listOf(bytes32(i), 0).append(entry, 0, false);
        }
        vm.assertEq(authors.authors.length, 16);
        vm.assertEq(authors.entries[bytes32(uint256(1))].length, 2);
        vm.expectRevert(abi.encodeWithSelector(Entries.TooManyAuthors.selector));
        this.another();
    }

    function append(bool last) external {
        _append(1, 0, last);
    }

    function another() external {
        authors.listOf("another", 16);
    }

    // ------------------------------------------------------------------------------------------------ Times

    function test_start() public {
        vm.assertEq(Times.start(0, 0), NOW);
        vm.assertEq(Times.start(NOW, 0), NOW);
        vm.assertEq(Times.start(NOW + 1, NOW + 2), NOW + 1);
        vm.assertEq(Times.start(0, NOW + 1), NOW);
        vm.expectRevert(abi.encodeWithSelector(Times.StartsInPast.selector, NOW - 1, NOW));
        this.start(NOW - 1, 0);
        vm.expectRevert(abi.encodeWithSelector(Times.EmptyInterval.selector, NOW, NOW));
        this.start(0, NOW);
    }

    function test_since() public {
        vm.assertEq(Times.since(0, 100), NOW);
        vm.assertEq(Times.since(NOW, 0), NOW);
        vm.assertEq(Times.since(NOW - 100, 100), NOW - 100);
        vm.assertEq(Times.since(0, 100, NOW + 5), NOW + 5);
        vm.expectRevert(abi.encodeWithSelector(Times.TooFarBack.selector, NOW - 101, NOW - 100));
        this.since(NOW - 101, 100, 0);
        vm.expectRevert(abi.encodeWithSelector(Times.TooFarBack.selector, NOW - 51, NOW - 50));
        this.since(NOW - 51, 100, NOW - 50);
        vm.expectRevert(abi.encodeWithSelector(Times.InFuture.selector, NOW + 1, NOW));
        this.since(NOW + 1, 100, 0);
        vm.expectRevert(abi.encodeWithSelector(Times.InFuture.selector, NOW + 5, NOW));
        this.since(NOW + 5, 100, NOW + 5);
    }

    function test_since_onAChainWhoseClockStartsAtZero() public {
        vm.warp(50);
        vm.assertEq(Times.since(1, 100), 1);
    }

    function testFuzz_since_isNeverOutsideItsWindow(uint64 given, uint64 window, uint64 floor) public view {
        window %= 200 days;
        floor = floor % 2 == 0 ? 0 : NOW - floor % 200 days;
        given = given % 3 == 0 ? 0 : NOW + 10 days - given % 300 days;
        try this.since(given, window, floor) returns (uint64 result) {
            vm.assertEq(result, given == 0 ? NOW : given);
            vm.assertTrue(result <= NOW && result >= NOW - window && result >= floor);
        } catch {
            vm.assertTrue(given > NOW || given < NOW - window || given < floor);
        }
    }

    function start(uint64 from, uint64 until) external view returns (uint64) {
        return Times.start(from, until);
    }

    function since(uint64 given, uint64 window, uint64 floor) external view returns (uint64) {
        return Times.since(given, window, floor);
    }

    // ------------------------------------------------------------------------------------------------ Page

    function testFuzz_page_staysWithinTheList(uint256 length, uint256 offset, uint256 limit) public pure {
        uint256 size = Page.size(length, offset, limit);
        vm.assertLe(size, 256);
        vm.assertLe(size, limit);
        if (offset < length) vm.assertLe(size, length - offset);
        else vm.assertEq(size, 0);
        if (offset < length && limit > 0) vm.assertTrue(size > 0);
    }

    function _append(uint64 effective, uint8 value, bool last) private {
        list.append(Entries.Entry(effective, 0, 0, 0, value, 0, 0, 0), 0, last);
    }

    function _requireIndex(uint64 when, uint256 index) private view {
        vm.assertEq(list.indexAt(when), index);
    }
}
