// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Vm} from "./Vm.sol";

/// @title What every test needs
abstract contract Test {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    /// @dev The next call is made by `sender` and has to be refused with exactly `data`.
    function _refused(address sender, bytes memory data) internal {
        vm.expectRevert(data);
        vm.prank(sender);
    }

    /// @dev `x` brought into [low, high], evenly.
    function _bound(uint256 x, uint256 low, uint256 high) internal pure returns (uint256) {
        return low + (high - low == type(uint256).max ? x : x % (high - low + 1));
    }
}
