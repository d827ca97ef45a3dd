// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ITrustRegistry} from "../interfaces/ITrustRegistry.sol";
import {Times} from "../lib/Times.sol";
import {Organisations} from "./Organisations.sol";

/// @title Which accounts speak for an organisation
abstract contract Accounts is Organisations {
    struct Proposal {
        address proposed;
        uint64 executableAt;
    }

    uint64 private constant DELAY = 7 days;

    mapping(bytes32 org => mapping(address account => mapping(Role role => bool))) private _operators;
    mapping(bytes32 org => Proposal) private _proposals;

    /// @inheritdoc ITrustRegistry
    function setOperator(bytes32 org, address account, Role role, bool allowed) external {
        _requireAdmin(org);
        if (allowed) _requireActive(org);
        if (account == address(0)) revert ZeroAccount();
        _operators[org][account][role] = allowed;
        emit OperatorSet(org, account, role, allowed);
    }

    /// @inheritdoc ITrustRegistry
    function changeAdmin(bytes32 org, address newAdmin) external {
        _requireActiveAdmin(org);
        if (newAdmin == address(0)) revert ZeroAccount();
        _setAdmin(org, newAdmin);
    }

    /// @inheritdoc ITrustRegistry
    function proposeAdmin(bytes32 org, address proposed) external {
        bytes32 sponsor = _known(org).sponsor;
        _requireActiveAdmin(sponsor);
        if (proposed == address(0)) revert ZeroAccount();
        uint64 executableAt = Times.current() + DELAY;
        _proposals[org] = Proposal(proposed, executableAt);
        emit AdminProposed(org, sponsor, proposed, executableAt);
    }

    /// @inheritdoc ITrustRegistry
    function executeAdmin(bytes32 org) external {
        Proposal memory p = _proposals[org];
        if (p.proposed == address(0)) revert NoAdminProposed(org);
        if (p.proposed != msg.sender) revert NotProposedAdmin(org, msg.sender);
        if (Times.current() < p.executableAt) revert TooEarly(p.executableAt, Times.current());
        delete _proposals[org];
        _setAdmin(org, p.proposed);
    }

    /// @inheritdoc ITrustRegistry
    function cancelAdmin(bytes32 org) external {
        if (_proposals[org].proposed == address(0)) revert NoAdminProposed(org);
        bytes32 sponsor = _organisations[org].sponsor;
        if (isAdmin(sponsor, msg.sender)) {
            _requireActive(sponsor);
        } else {
            // Otherwise a thief of the administrator's key would cancel for ever.
            _requireActiveAdmin(org);
        }
        _dropProposal(org);
    }

    /// @inheritdoc ITrustRegistry
    function proposedAdmin(bytes32 org) external view returns (address proposed, uint64 executableAt) {
        return (_proposals[org].proposed, _proposals[org].executableAt);
    }

    /// @inheritdoc ITrustRegistry
    function isOperator(bytes32 org, address account, Role role) external view returns (bool) {
        return _operators[org][account][role];
    }

    function _dropProposal(bytes32 org) internal override {
        address proposed = _proposals[org].proposed;
        if (proposed == address(0)) return;
        delete _proposals[org];
        emit AdminProposalCancelled(org, proposed, msg.sender);
    }

    function _setAdmin(bytes32 org, address newAdmin) private {
        emit AdminChanged(org, _organisations[org].admin, newAdmin);
        _organisations[org].admin = newAdmin;
    }
}
