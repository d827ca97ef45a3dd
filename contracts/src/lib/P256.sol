// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Public keys on the curve P-256
library P256 {
    uint256 private constant P = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffff;
    uint256 private constant B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b;

    /// @return whether y² = x³ − 3x + b, both coordinates below the prime
    function isOnCurve(bytes32 x, bytes32 y) internal pure returns (bool) {
        (uint256 u, uint256 v) = (uint256(x), uint256(y));
        if (u >= P || v >= P) return false;
        uint256 cubic = mulmod(addmod(mulmod(u, u, P), P - 3, P), u, P); // (x² − 3)x
        return mulmod(v, v, P) == addmod(cubic, B, P);
    }

    /// @notice First 8 bytes of the COSE key thumbprint (RFC 9679).
    /// @dev SHA-256 of the CBOR map {1: 2, -1: 1, -2: x, -3: y}, keys in deterministic order.
    function kid(bytes32 x, bytes32 y) internal pure returns (bytes8) {
        return bytes8(sha256(abi.encodePacked(hex"a401022001215820", x, hex"225820", y)));
    }
}
