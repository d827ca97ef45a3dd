// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {P256} from "../src/lib/P256.sol";
import {Test} from "./base/Test.sol";

contract P256Test is Test {
    bytes32 private constant PRIME = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffff;

    /// @dev The example key of RFC 9679, section 6.
    bytes32 private constant X = 0x65eda5a12577c2bae829437fe338701a10aaa375e1bb5b5de108de439c08551d;
    bytes32 private constant Y = 0x1e52ed75701163f7f9e40ddf9f341b3dc9ba860af7e0ca7ca7e9eecd0084d19c;

    function test_kid_isTheStartOfTheThumbprintOfTheStandardsExample() public pure {
        vm.assertEq(bytes32(P256.kid(X, Y)), bytes32(bytes8(0x496bd8afadf307e5)));
        vm.assertTrue(P256.isOnCurve(X, Y));
    }

    function testFuzz_everyPublicKeyIsOnTheCurve(uint256 secret) public pure {
        (uint256 x, uint256 y) = vm.publicKeyP256(_bound(secret, 1, type(uint128).max));
        vm.assertTrue(P256.isOnCurve(bytes32(x), bytes32(y)));
        vm.assertTrue(P256.isOnCurve(bytes32(x), bytes32(uint256(PRIME) - y)), "the point opposite");
    }

    function testFuzz_aPointWithOneBitChangedIsNot(uint256 secret, uint8 bit) public pure {
        (uint256 x, uint256 y) = vm.publicKeyP256(_bound(secret, 1, type(uint128).max));
        vm.assertFalse(P256.isOnCurve(bytes32(x), bytes32(y ^ (1 << bit))));
    }

    function test_coordinatesNotBelowThePrimeAreRefused() public pure {
        // (0, y) is on the curve for the square root of b, and (p, y) would be the same point under another name.
        bytes32 root = 0x66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4;
        vm.assertTrue(P256.isOnCurve(0, root));
        vm.assertFalse(P256.isOnCurve(PRIME, root));
        vm.assertFalse(P256.isOnCurve(0, bytes32(uint256(PRIME) + uint256(1))));
    }

    function test_theOriginIsNotOnTheCurve() public pure {
        vm.assertFalse(P256.isOnCurve(0, 0));
    }
}
