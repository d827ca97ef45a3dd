// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ITrustRegistry as T} from "../src/interfaces/ITrustRegistry.sol";
import {Scope} from "../src/lib/Scope.sol";
import {Text} from "../src/lib/Text.sol";
import {Test} from "./base/Test.sol";

/// @title Grammars of names
contract TextTest is Test {
    // ------------------------------------------------------------------------------------------------ did

    function test_did() public pure {
        _did("did:web:body.example", true);
        _did("did:web:body.example%3a8443:units:a_b-c", true);
        _did("did:k:a", true);
        _did("did:abcdefghijklmnop:a", true);
        _did(string.concat("did:web:", _repeat("a", 120)), true);

        _did("", false);
        _did("did", false);
        _did("did:", false);
        _did("did::a", false);
        _did("did:web", false);
        _did("did:web:", false);
        _did("DID:web:a", false);
        _did("did:Web:a", false);
        _did("did:web:A", false);
        _did("did:we-b:a", false);
        _did("did:abcdefghijklmnopq:a", false);
        _did("did:web:.a", false);
        _did("did:web:a.", false);
        _did("did:web:a:", false);
        _did("did:web:a/b", false);
        _did("did:web:a b", false);
        _did("did:web:a\n", false);
        _did(unicode"did:web:đo", false);
        _did(string.concat("did:web:", _repeat("a", 121)), false);
    }

    // ------------------------------------------------------------------------------------------------ origin

    function test_origin() public pure {
        _origin("tem.example/quatest3", true);
        _origin("localhost/a", true);
        _origin("t/.", true);
        _origin("tem.example/a/b_c/d-e.f", true);
        _origin(string.concat("tem.example/", _repeat("a", 88)), true);

        _origin("", false);
        _origin("/", false);
        _origin("/a", false);
        _origin("tem.example", false);
        _origin("tem.example/", false);
        _origin("tem.example//a", false);
        _origin("tem.example/a/", false);
        _origin(".example/a", false);
        _origin("-tem.example/a", false);
        _origin("tem.example./a", false);
        _origin("tem_x.example/a", false);
        _origin("tem.example:80/a", false);
        _origin("Tem.example/a", false);
        _origin("tem.example/A", false);
        _origin("tem.example/a b", false);
        _origin("tem.example/a+b", false);
        _origin(string.concat("tem.example/", _repeat("a", 89)), false);
    }

    // ------------------------------------------------------------------------------------------------ scope

    function test_scope() public pure {
        _scope("verification", true);
        _scope("verification/scales", true);
        _scope("-", true);
        _scope("0/1/2/3/4/5/6/7", true);
        _scope(_repeat("a", 96), true);

        _scope("", false);
        _scope("/", false);
        _scope("/a", false);
        _scope("a/", false);
        _scope("a//b", false);
        _scope("0/1/2/3/4/5/6/7/8", false);
        _scope("A", false);
        _scope("a_b", false);
        _scope("a.b", false);
        _scope("a b", false);
        _scope(unicode"đo", false);
        _scope(_repeat("a", 97), false);
    }

    function test_scope_prefixesEndWithSegments() public pure {
        bytes32[] memory prefixes = Scope.parse("verification/scales/automatic");
        vm.assertEq(prefixes.length, 3);
        vm.assertEq(prefixes[0], sha256("verification"));
        vm.assertEq(prefixes[1], sha256("verification/scales"));
        vm.assertEq(prefixes[2], sha256("verification/scales/automatic"));
        vm.assertEq(Scope.prefix("verification/scales/automatic", 1), "verification");
        vm.assertEq(Scope.prefix("verification/scales/automatic", 3), "verification/scales/automatic");
        vm.assertEq(Scope.parse("one")[0], sha256("one"));
        vm.assertEq(Scope.parse("0/1/2/3/4/5/6/7").length, 8);
    }

    function test_scope_malformedOnesAreNotParsed() public {
        vm.expectRevert(abi.encodeWithSelector(T.BadScope.selector, "a//b"));
        this.parse("a//b");
    }

    function parse(string calldata scope) external pure returns (bytes32[] memory) {
        return Scope.parse(scope);
    }

    // ------------------------------------------------------------------------------------------------ name

    function test_name_wellFormedUtf8WithoutControlCharacters() public pure {
        _name("Body", true);
        _name(unicode"Trung tâm Kỹ thuật Tiêu chuẩn Đo lường Chất lượng 3", true);
        _name(unicode"日本品質保証機構", true);
        _name(unicode"😀", true);
        _bytes(hex"c2a0", true); // U+00A0
        _bytes(hex"ed9fbf", true); // U+D7FF
        _bytes(hex"ee8080", true); // U+E000
        _bytes(hex"f48fbfbf", true); // U+10FFFF
        _name(_repeat("a", 256), true);

        _name("", false);
        _name("a\nb", false);
        _bytes(hex"00", false);
        _bytes(hex"7f", false);
        _bytes(hex"c280", false); // U+0080, a control character
        _bytes(hex"c29f", false); // U+009F, likewise
        _bytes(hex"80", false); // begins in the middle
        _bytes(hex"c3", false); // ends in the middle
        _bytes(hex"e1bb", false);
        _bytes(hex"f09f98", false);
        _bytes(hex"c0af", false); // overlong
        _bytes(hex"c1bf", false);
        _bytes(hex"e09fbf", false);
        _bytes(hex"f08fbfbf", false);
        _bytes(hex"eda080", false); // a surrogate
        _bytes(hex"f4908080", false); // beyond U+10FFFF
        _bytes(hex"f5808080", false);
        _bytes(hex"c341", false); // continued by a letter
        _bytes(hex"e18041", false);
        _bytes(hex"f0908041", false);
        _name(_repeat("a", 257), false);
    }

    function testFuzz_name_agreesWithADecoder(bytes4 tail, uint8 length) public pure {
        bytes memory s = bytes.concat("a", tail);
        length = uint8(_bound(length, 1, 5));
        assembly {
            mstore(s, length)
        }
        vm.assertEq(Text.isName(string(s)), _decodes(s));
    }

    /// @dev UTF-8 the other way round: work out the code point, and see how it should have been written.
    function _decodes(bytes memory s) private pure returns (bool) {
        uint256 i;
        while (i < s.length) {
            uint256 lead = uint8(s[i]);
            uint256 n = lead < 0x80 ? 1 : lead >> 5 == 6 ? 2 : lead >> 4 == 14 ? 3 : lead >> 3 == 30 ? 4 : 0;
            if (n == 0 || i + n > s.length) return false;
            uint256 point = n == 1 ? lead : lead & ((1 << (7 - n)) - 1);
            for (uint256 k = 1; k < n; ++k) {
                uint256 next = uint8(s[i + k]);
                if (next >> 6 != 2) return false;
                point = (point << 6) | (next & 0x3f);
            }
            if (n != (point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4)) return false;
            if (point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) return false;
            if (point < 0x20 || (point >= 0x7f && point < 0xa0)) return false;
            i += n;
        }
        return true;
    }

    // ------------------------------------------------------------------------------------------------ helpers

    function _did(string memory text, bool good) private pure {
        vm.assertEq(Text.isDid(text), good, text);
    }

    function _origin(string memory text, bool good) private pure {
        vm.assertEq(Text.isOrigin(text), good, text);
    }

    function _scope(string memory text, bool good) private pure {
        vm.assertEq(Text.isScope(text), good, text);
    }

    function _name(string memory text, bool good) private pure {
        vm.assertEq(Text.isName(text), good, text);
    }

    function _bytes(bytes memory text, bool good) private pure {
        vm.assertEq(Text.isName(string(text)), good);
    }

    function _repeat(bytes1 letter, uint256 count) private pure returns (string memory) {
        bytes memory s = new bytes(count);
        for (uint256 i; i < count; ++i) {
            s[i] = letter;
        }
        return string(s);
    }
}
