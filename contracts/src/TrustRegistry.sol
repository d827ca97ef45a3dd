// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Accounts} from "./trust/Accounts.sol";
import {Keys} from "./trust/Keys.sol";
import {Organisations} from "./trust/Organisations.sol";
import {Scopes} from "./trust/Scopes.sol";

/// @title Tem's tree of trust
/// @dev Nobody owns it: authority is the tree itself, and the code cannot be replaced.
contract TrustRegistry is Accounts, Keys, Scopes {
    /// @param did DID of the root organisation
    /// @param name its display name
    /// @param admin its account; in production a multisignature wallet
    constructor(string memory did, string memory name, address admin) Organisations(did, name, admin) {}
}
