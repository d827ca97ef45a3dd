// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ILogAnchor as L} from "../src/interfaces/ILogAnchor.sol";
import {ReferenceTree} from "./base/ReferenceTree.sol";
import {World} from "./base/World.sol";

/// @title Reading anchors, and the keys of checkpoints
contract LogViewsTest is World {
    using ReferenceTree for bytes32[];

    bytes32 private log;

    function setUp() public override {
        super.setUp();
        log = _openLog();
    }

    // ------------------------------------------------------------------------------------------------ anchors

    function test_anAnchorIsFoundByItsSizeAndByWhatItCovers() public {
        uint64[4] memory sizes = [uint64(1), 2, 5, 9];
        for (uint64 i = 1; i < 4; ++i) {
            vm.warp(START + i);
            _anchor(log, sizes[i - 1], sizes[i]);
        }
        for (uint64 index; index < 12; ++index) {
            (bool covered, L.Anchor memory first) = logs.firstAnchorCovering(log, index);
            (bool exists, L.Anchor memory exact) = logs.anchorAt(log, index);
            vm.assertEq(covered, index < 9);
            vm.assertEq(first.size, index < 1 ? 1 : index < 2 ? 2 : index < 5 ? 5 : index < 9 ? 9 : 0);
            vm.assertEq(exists, index == 1 || index == 2 || index == 5 || index == 9);
            vm.assertEq(exact.size, exists ? index : 0);
            vm.assertEq(exact.root, exists ? _rootOf(index) : bytes32(0));
        }
        (, L.Anchor memory last) = logs.firstAnchorCovering(log, 8);
        vm.assertEq(last.time, START + 3);
        L.Anchor[] memory page = logs.anchors(log, 1, 2);
        vm.assertEq(page.length, 2);
        vm.assertEq(page[0].size, 2);
        vm.assertEq(page[1].size, 5);
    }

    function testFuzz_theSearchAgreesWithALinearOne(uint256 seed, uint64 index) public {
        uint64[] memory sizes = new uint64[](12);
        sizes[0] = 1;
        for (uint256 i = 1; i < sizes.length; ++i) {
            sizes[i] = sizes[i - 1] + 1 + uint64((seed >> (8 * i)) % 5);
            _anchor(log, sizes[i - 1], sizes[i]);
        }
        index = uint64(_bound(index, 0, sizes[11] + 2));
        uint64 expected;
        for (uint256 i = sizes.length; i > 0; --i) {
            if (sizes[i - 1] > index) expected = sizes[i - 1];
        }
        (bool covered, L.Anchor memory a) = logs.firstAnchorCovering(log, index);
        vm.assertEq(covered, expected != 0);
        vm.assertEq(a.size, expected);
    }

    function test_anUnknownLogIsAllZero() public view {
        vm.assertEq(logs.logInfo("none").org, 0);
        vm.assertEq(uint8(logs.logInfo("none").state), uint8(L.LogState.None));
        vm.assertEq(logs.latest("none").size, 0);
        vm.assertEq(logs.organisationOf("none"), 0);
        (bool exists,) = logs.anchorAt("none", 1);
        vm.assertFalse(exists);
        (bool covered,) = logs.firstAnchorCovering("none", 0);
        vm.assertFalse(covered);
        vm.assertEq(logs.checkpointKeyAt("none", START).key, 0);
    }

    // ------------------------------------------------------------------------------------------------ verifyInclusion

    function test_verifyInclusion_againstTheAnchoredRoot() public {
        _anchor(log, 1, 7);
        bytes32[] memory leaves = _leaves(7);
        for (uint64 i; i < 7; ++i) {
            bytes32[] memory path = leaves.path(i, 0, 7);
            vm.assertTrue(logs.verifyInclusion(log, 7, i, leaves[i], path));
            vm.assertFalse(logs.verifyInclusion(log, 7, i, ~leaves[i], path));
            vm.assertFalse(logs.verifyInclusion(log, 7, (i + 1) % 7, leaves[i], path));
        }
    }

    function test_verifyInclusion_needsThatSizeAnchored() public {
        _anchor(log, 1, 7);
        bytes32[] memory path = _leaves(6).path(0, 0, 6);
        vm.expectRevert(abi.encodeWithSelector(L.SizeNotAnchored.selector, log, 6));
        logs.verifyInclusion(log, 6, 0, _leafZero, path);
        vm.expectRevert(abi.encodeWithSelector(L.SizeNotAnchored.selector, log, 0));
        logs.verifyInclusion(log, 0, 0, _leafZero, path);
        vm.expectRevert(abi.encodeWithSelector(L.SizeNotAnchored.selector, bytes32("none"), 7));
        logs.verifyInclusion("none", 7, 0, _leafZero, path);
    }

    // ------------------------------------------------------------------------------------------------ checkpoint keys

    function test_setCheckpointKey_withItsHistory() public {
        vm.expectEmit();
        emit L.CheckpointKeySet(log, "first", START);
        _setKey("first");
        vm.warp(START + 10);
        _setKey("second");
        vm.warp(START + 20);
        _setKey(0);
        vm.assertEq(logs.checkpointKeyAt(log, START - 1).key, 0);
        vm.assertEq(logs.checkpointKeyAt(log, START).key, "first");
        vm.assertEq(logs.checkpointKeyAt(log, START + 9).key, "first");
        vm.assertEq(logs.checkpointKeyAt(log, START + 10).key, "second");
        vm.assertEq(logs.checkpointKeyAt(log, START + 20).key, 0);
        vm.assertEq(logs.checkpointKeyAt(log, START + 20).since, START + 20);
        L.CheckpointKey[] memory keys = logs.checkpointKeys(log, 0, 10);
        vm.assertEq(keys.length, 3);
        vm.assertEq(keys[1].since, START + 10);
    }

    function test_setCheckpointKey_theLaterOfOneBlockCounts() public {
        _setKey("first");
        _setKey("second");
        vm.assertEq(logs.checkpointKeyAt(log, START).key, "second");
        vm.assertEq(logs.checkpointKeys(log, 0, 10).length, 2);
    }

    function test_setCheckpointKey_onlyByTheAdministratorWhileActive() public {
        address[3] memory others = [ACCREDITOR_ADMIN, ANCHOR_OPERATOR, STRANGER];
        for (uint256 i; i < others.length; ++i) {
            _refused(others[i], abi.encodeWithSelector(L.NotAdministrator.selector, body, others[i]));
            logs.setCheckpointKey(log, "key");
        }
        _refused(BODY_ADMIN, abi.encodeWithSelector(L.UnknownLog.selector, bytes32("none")));
        logs.setCheckpointKey("none", "key");
        _suspend(accreditor, body);
        _refused(BODY_ADMIN, abi.encodeWithSelector(L.OrganisationNotActive.selector, body));
        logs.setCheckpointKey(log, "key");
    }

    function test_setCheckpointKey_onlyAChange() public {
        _refused(BODY_ADMIN, abi.encodeWithSelector(L.SameCheckpointKey.selector, log, bytes32(0)));
        logs.setCheckpointKey(log, 0);
        _setKey("key");
        _refused(BODY_ADMIN, abi.encodeWithSelector(L.SameCheckpointKey.selector, log, bytes32("key")));
        logs.setCheckpointKey(log, "key");
    }

    function test_setCheckpointKey_theLastPlaceEndsIt() public {
        for (uint256 i = 1; i <= 255; ++i) {
            _setKey(bytes32(i));
        }
        _refused(BODY_ADMIN, abi.encodeWithSelector(L.TooManyCheckpointKeys.selector, log));
        logs.setCheckpointKey(log, "another");
        _setKey(0);
        _refused(BODY_ADMIN, abi.encodeWithSelector(L.TooManyCheckpointKeys.selector, log));
        logs.setCheckpointKey(log, "another");
    }

    bytes32 private immutable _leafZero = _leaf(0);

    function _setKey(bytes32 key) private {
        vm.prank(BODY_ADMIN);
        logs.setCheckpointKey(log, key);
    }
}
