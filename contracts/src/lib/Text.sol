// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Grammars of names
/// @dev ASCII classes are bitmaps with one bit a character. What is accepted here, every reader accepts.
library Text {
    uint256 private constant ALNUM = (((1 << 10) - 1) << 48) | (((1 << 26) - 1) << 97); // 0-9 a-z
    uint256 private constant DASH = 1 << 45;
    uint256 private constant DOT = 1 << 46;
    uint256 private constant COLON = 1 << 58;
    uint256 private constant UNDERSCORE = 1 << 95;
    uint256 private constant PERCENT = 1 << 37;
    uint256 private constant SLASH = 1 << 47;

    /// @dev did:[a-z0-9]{1,16}:[a-z0-9]([a-z0-9._:%-]*[a-z0-9])?, at most 128 bytes.
    function isDid(string memory text) internal pure returns (bool) {
        bytes memory s = bytes(text);
        if (s.length > 128 || bytes4(s) != "did:") return false;
        uint256 colon = _run(s, 4, ALNUM);
        if (colon == 4 || colon > 20 || !_is(s, colon, COLON)) return false;
        return _isEnclosed(s, colon + 1, s.length, ALNUM | DOT | UNDERSCORE | COLON | PERCENT | DASH);
    }

    /// @dev [a-z0-9]([a-z0-9.-]*[a-z0-9])?(/[a-z0-9._-]+)+, at most 100 bytes.
    function isOrigin(string memory text) internal pure returns (bool) {
        bytes memory s = bytes(text);
        uint256 slash = _run(s, 0, ALNUM | DOT | DASH);
        if (s.length > 100 || slash == s.length || !_isEnclosed(s, 0, slash, ALNUM | DOT | DASH)) return false;
        return _isPath(s, slash, ALNUM | DOT | UNDERSCORE | DASH, type(uint256).max);
    }

    /// @dev [a-z0-9-]+(/[a-z0-9-]+){0,7}, at most 96 bytes.
    function isScope(string memory text) internal pure returns (bool) {
        bytes memory s = bytes(text);
        if (s.length > 96) return false;
        uint256 slash = _run(s, 0, ALNUM | DASH);
        return slash > 0 && (slash == s.length || _isPath(s, slash, ALNUM | DASH, 7));
    }

    /// @dev 1 to 256 bytes of well-formed UTF-8 (RFC 3629) without control characters: readers decode it strictly.
    function isName(string memory text) internal pure returns (bool) {
        bytes memory s = bytes(text);
        if (s.length == 0 || s.length > 256) return false;
        for (uint256 i; i < s.length;) {
            uint256 length = _character(s, i);
            if (length == 0) return false;
            i += length;
        }
        return true;
    }

    /// @dev Bytes of the character that begins at `i`; 0 if it is malformed or a control character.
    function _character(bytes memory s, uint256 i) private pure returns (uint256) {
        uint8 first = uint8(s[i]);
        if (first < 0x80) return first < 0x20 || first == 0x7f ? 0 : 1;
        uint256 length = first < 0xc2 || first > 0xf4 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
        if (length == 0 || i + length > s.length) return 0;
        // The second byte's range excludes overlong forms, surrogates, what lies beyond U+10FFFF, and C1 controls.
        uint8 low = first == 0xe0 || first == 0xc2 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
        uint8 high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
        if (uint8(s[i + 1]) < low || uint8(s[i + 1]) > high) return 0;
        for (uint256 k = 2; k < length; ++k) {
            if (uint8(s[i + k]) & 0xc0 != 0x80) return 0;
        }
        return length;
    }

    /// @dev Whether s[from:] is one or more segments of `class`, each after a slash.
    function _isPath(bytes memory s, uint256 from, uint256 class, uint256 limit) private pure returns (bool) {
        for (uint256 segments; from < s.length; ++segments) {
            if (segments == limit || !_is(s, from, SLASH)) return false;
            uint256 end = _run(s, from + 1, class);
            if (end == from + 1) return false;
            from = end;
        }
        return true;
    }

    /// @dev Whether s[from:to] is a run of `class` that begins and ends with a letter or digit.
    function _isEnclosed(bytes memory s, uint256 from, uint256 to, uint256 class) private pure returns (bool) {
        return from < to && _is(s, from, ALNUM) && _is(s, to - 1, ALNUM) && _run(s, from, class) >= to;
    }

    /// @dev The end of the run of `class` that begins at `from`.
    function _run(bytes memory s, uint256 from, uint256 class) private pure returns (uint256) {
        while (_is(s, from, class)) ++from;
        return from;
    }

    function _is(bytes memory s, uint256 i, uint256 class) private pure returns (bool) {
        return i < s.length && (class >> uint8(s[i])) & 1 == 1;
    }
}
