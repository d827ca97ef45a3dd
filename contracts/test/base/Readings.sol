// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ILogAnchor as L} from "../../src/interfaces/ILogAnchor.sol";
import {IStatusRegistry as S} from "../../src/interfaces/IStatusRegistry.sol";
import {ITrustRegistry as T} from "../../src/interfaces/ITrustRegistry.sol";
import {World} from "./World.sol";

/// @title What the views say, in a form that can be compared
abstract contract Readings is World {
    string[3] internal SCOPES = ["verification", "verification/scales", "verification/scales/automatic"];
    bytes32[3] internal LEAVES = [bytes32("one"), "two", "three"];

    bytes32[] internal _orgs;
    bytes32 public log;

    /// @dev Every history as hashes of its entries; none may ever lose or change one.
    function histories() external view returns (bytes32[][] memory all) {
        all = new bytes32[][](100);
        uint256 n;
        for (uint256 i; i < _orgs.length; ++i) {
            for (uint256 k; k < _orgs.length; ++k) {
                all[n++] = _hashes(trust.suspensions(_orgs[i], _orgs[k], 0, 256));
            }
            for (uint256 s; s < 3; ++s) {
                all[n++] = _hashes(trust.grantEntries(_orgs[i], SCOPES[s], 0, 256));
                all[n++] = _hashes(trust.accreditationEntries(body, SCOPES[s], _orgs[i], 0, 256));
            }
        }
        bytes8[] memory keys = trust.keys(body, 0, 6);
        for (uint256 i; i < keys.length && n < 97; ++i) {
            all[n++] = _hashes(trust.keyHistory(body, keys[i], 0, 256));
        }
        L.CheckpointKey[] memory checkpointKeys = logs.checkpointKeys(log, 0, 256);
        all[99] = new bytes32[](checkpointKeys.length);
        for (uint256 i; i < checkpointKeys.length; ++i) {
            all[99][i] = keccak256(abi.encode(checkpointKeys[i]));
        }
    }

    /// @dev One author's entries on one record.
    function statusHistory(uint256 leaf, uint256 author) external view returns (bytes32[] memory hashes) {
        S.HistoryEntry[] memory entries = statuses.history(log, LEAVES[leaf], 0, 256);
        hashes = new bytes32[](entries.length);
        uint256 n;
        for (uint256 i; i < entries.length; ++i) {
            if (entries[i].author == _orgs[author]) hashes[n++] = keccak256(abi.encode(entries[i]));
        }
        assembly {
            mstore(hashes, n)
        }
    }

    function anchors() external view returns (L.Anchor[] memory) {
        return logs.anchors(log, 0, 256);
    }

    // ------------------------------------------------------------------------------------------------ internal

    /// @dev What the views say about a time.
    function _answers(uint64 when) internal view returns (bytes memory answers) {
        for (uint256 i; i < _orgs.length; ++i) {
            answers = abi.encodePacked(answers, trust.activeAt(_orgs[i], when).active);
        }
        for (uint256 i = 1; i <= 6; ++i) {
            bytes8[] memory key = trust.keys(body, i - 1, 1);
            T.KeyState state = key.length == 0 ? T.KeyState.None : trust.keyAt(body, key[0], when).state;
            // A key registered later was not there before; the view then says when it begins.
            answers = abi.encodePacked(answers, state == T.KeyState.NotYet ? T.KeyState.None : state);
        }
        for (uint256 i; i < 3; ++i) {
            T.AccreditationState state = trust.accreditationAt(body, SCOPES[i], when).state;
            if (state == T.AccreditationState.NotYet) state = T.AccreditationState.None;
            if (state == T.AccreditationState.GrantNotYet) state = T.AccreditationState.GrantNone;
            (S.Standing memory worst,) = statuses.statusAt(log, LEAVES[i], when);
            answers = abi.encodePacked(answers, state, worst.status, worst.author, worst.effective);
        }
        answers = abi.encodePacked(answers, logs.checkpointKeyAt(log, when).key);
    }

    function _countStatuses() internal view returns (uint256 count) {
        for (uint256 i; i < 3; ++i) {
            count += statuses.history(log, LEAVES[i], 0, 256).length;
        }
    }

    function _hashes(T.Entry[] memory entries) internal pure returns (bytes32[] memory hashes) {
        hashes = new bytes32[](entries.length);
        for (uint256 i; i < entries.length; ++i) {
            hashes[i] = keccak256(abi.encode(entries[i]));
        }
    }
}
