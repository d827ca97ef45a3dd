// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ILogAnchor as L} from "../src/interfaces/ILogAnchor.sol";
import {Handler} from "./base/Handler.sol";
import {Test} from "./base/Test.sol";

/// @title What holds whoever does whatever in whichever order
/// @dev The handler itself checks who did each act, and that no answer about a time before it changed.
contract InvariantsTest is Test {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    Handler private handler;
    bytes32[][] private _histories;
    bytes32[] private _anchors;
    mapping(uint256 leaf => mapping(uint256 author => bytes32[])) private _statuses;

    function setUp() public {
        handler = new Handler();
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function targetSelectors() public view returns (FuzzSelector[] memory targets) {
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(handler), _acts());
    }

    function invariant_historiesOnlyGrow() public {
        bytes32[][] memory now_ = handler.histories();
        for (uint256 i; i < now_.length; ++i) {
            if (_histories.length == i) _histories.push();
            _requireGrown(_histories[i], now_[i]);
        }
        for (uint256 leaf; leaf < 3; ++leaf) {
            for (uint256 author; author < 7; ++author) {
                _requireGrown(_statuses[leaf][author], handler.statusHistory(leaf, author));
            }
        }
    }

    function invariant_sizesGrowAndRootsStay() public {
        L.Anchor[] memory now_ = handler.anchors();
        bytes32[] memory hashes = new bytes32[](now_.length);
        for (uint256 i; i < now_.length; ++i) {
            hashes[i] = keccak256(abi.encode(now_[i]));
            if (i == 0) continue;
            vm.assertTrue(now_[i].size > now_[i - 1].size, "sizes only grow");
            vm.assertTrue(now_[i].time >= now_[i - 1].time && now_[i].blockNumber >= now_[i - 1].blockNumber);
        }
        _requireGrown(_anchors, hashes);
    }

    /// @dev An invariant over a handler whose every act is refused would hold as well.
    function test_everyActGoesThroughNowAndThen() public {
        bytes4[] memory acts = _acts();
        for (uint256 i; i < 420; ++i) {
            bytes memory arguments;
            for (uint256 k; k < 6; ++k) {
                arguments = abi.encodePacked(arguments, keccak256(abi.encode(i, k)) >> 1);
            }
            bytes4 act = acts[i % acts.length];
            if (act == Handler.anchor.selector) arguments = abi.encode(i, i / 2, i % 4 != 0);
            (bool ok,) = address(handler).call(abi.encodePacked(act, arguments));
            vm.assertTrue(ok, "a handler does not fail");
        }
        string[12] memory names = [
            "suspendOrganisation",
            "resumeOrganisation",
            "grant",
            "endGrant",
            "accredit",
            "endAccreditation",
            "addKey",
            "revokeKey",
            "anchor",
            "setCheckpointKey",
            "setStatus",
            "lift"
        ];
        for (uint256 i; i < names.length; ++i) {
            vm.assertTrue(handler.went(names[i]) > 0, names[i]);
        }
        vm.assertEq(handler.went("intrude"), 0);
    }

    function _acts() private pure returns (bytes4[] memory acts) {
        acts = new bytes4[](14);
        acts[0] = Handler.pass.selector;
        acts[1] = Handler.suspendOrganisation.selector;
        acts[2] = Handler.resumeOrganisation.selector;
        acts[3] = Handler.grant.selector;
        acts[4] = Handler.endGrant.selector;
        acts[5] = Handler.accredit.selector;
        acts[6] = Handler.endAccreditation.selector;
        acts[7] = Handler.addKey.selector;
        acts[8] = Handler.revokeKey.selector;
        acts[9] = Handler.anchor.selector;
        acts[10] = Handler.setCheckpointKey.selector;
        acts[11] = Handler.setStatus.selector;
        acts[12] = Handler.lift.selector;
        acts[13] = Handler.intrude.selector;
    }

    /// @dev Whether `now_` begins with all that was there before; which it then becomes.
    function _requireGrown(bytes32[] storage before, bytes32[] memory now_) private {
        vm.assertLe(before.length, now_.length, "a history has shrunk");
        for (uint256 i; i < before.length; ++i) {
            vm.assertEq(before[i], now_[i], "an entry has changed");
        }
        for (uint256 i = before.length; i < now_.length; ++i) {
            before.push(now_[i]);
        }
    }
}
