// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ITrustRegistry as T} from "../src/interfaces/ITrustRegistry.sol";
import {World} from "./base/World.sol";

/// @title Administrators and operators
contract AccountsTest is World {
    address private constant NEW_ADMIN = address(0xE0);

    // ------------------------------------------------------------------------------------------------ operators

    function test_setOperator_perAccountAndRole() public {
        vm.expectEmit();
        emit T.OperatorSet(body, STRANGER, T.Role.Anchor, true);
        vm.prank(BODY_ADMIN);
        trust.setOperator(body, STRANGER, T.Role.Anchor, true);
        vm.assertTrue(trust.isOperator(body, STRANGER, T.Role.Anchor));
        vm.assertFalse(trust.isOperator(body, STRANGER, T.Role.Status));
        vm.assertFalse(trust.isOperator(otherBody, STRANGER, T.Role.Anchor));
        vm.prank(BODY_ADMIN);
        trust.setOperator(body, STRANGER, T.Role.Anchor, false);
        vm.assertFalse(trust.isOperator(body, STRANGER, T.Role.Anchor));
    }

    function test_setOperator_oneAccountForManyOrganisations() public {
        vm.prank(OTHER_BODY_ADMIN);
        trust.setOperator(otherBody, ANCHOR_OPERATOR, T.Role.Anchor, true);
        vm.assertTrue(trust.isOperator(body, ANCHOR_OPERATOR, T.Role.Anchor));
        vm.assertTrue(trust.isOperator(otherBody, ANCHOR_OPERATOR, T.Role.Anchor));
    }

    function test_setOperator_onlyByTheAdministrator() public {
        address[4] memory others = [ROOT_ADMIN, ACCREDITOR_ADMIN, ANCHOR_OPERATOR, STRANGER];
        for (uint256 i; i < others.length; ++i) {
            _refused(others[i], abi.encodeWithSelector(T.NotAdministrator.selector, body, others[i]));
            trust.setOperator(body, others[i], T.Role.Status, true);
        }
        _refused(BODY_ADMIN, abi.encodeWithSelector(T.ZeroAccount.selector));
        trust.setOperator(body, address(0), T.Role.Status, true);
    }

    function test_setOperator_aSuspendedOrganisationMayOnlyForbid() public {
        _suspend(accreditor, body);
        _refused(BODY_ADMIN, abi.encodeWithSelector(T.OrganisationSuspended.selector, body));
        trust.setOperator(body, STRANGER, T.Role.Anchor, true);
        vm.prank(BODY_ADMIN);
        trust.setOperator(body, ANCHOR_OPERATOR, T.Role.Anchor, false);
        vm.assertFalse(trust.isOperator(body, ANCHOR_OPERATOR, T.Role.Anchor));
    }

    // ------------------------------------------------------------------------------------------------ changeAdmin

    function test_changeAdmin_handsOver() public {
        vm.expectEmit();
        emit T.AdminChanged(body, BODY_ADMIN, NEW_ADMIN);
        vm.prank(BODY_ADMIN);
        trust.changeAdmin(body, NEW_ADMIN);
        vm.assertTrue(trust.isAdmin(body, NEW_ADMIN));
        _refused(BODY_ADMIN, abi.encodeWithSelector(T.NotAdministrator.selector, body, BODY_ADMIN));
        trust.changeAdmin(body, BODY_ADMIN);
    }

    function test_changeAdmin_notByOthersNotWhileSuspendedNotToNobody() public {
        _refused(ACCREDITOR_ADMIN, abi.encodeWithSelector(T.NotAdministrator.selector, body, ACCREDITOR_ADMIN));
        trust.changeAdmin(body, NEW_ADMIN);
        _refused(BODY_ADMIN, abi.encodeWithSelector(T.ZeroAccount.selector));
        trust.changeAdmin(body, address(0));
        _suspend(accreditor, body);
        _refused(BODY_ADMIN, abi.encodeWithSelector(T.OrganisationSuspended.selector, body));
        trust.changeAdmin(body, NEW_ADMIN);
    }

    // ------------------------------------------------------------------------------------------------ lost administrator

    function test_proposeAdmin_andSevenDaysLaterExecute() public {
        vm.expectEmit();
        emit T.AdminProposed(body, accreditor, NEW_ADMIN, START + 7 days);
        _propose();
        (address proposed, uint64 executableAt) = trust.proposedAdmin(body);
        vm.assertEq(proposed, NEW_ADMIN);
        vm.assertEq(executableAt, START + 7 days);

        vm.warp(START + 7 days - 1);
        _refused(NEW_ADMIN, abi.encodeWithSelector(T.TooEarly.selector, START + 7 days, START + 7 days - 1));
        trust.executeAdmin(body);
        vm.warp(START + 7 days);
        _refused(STRANGER, abi.encodeWithSelector(T.NotProposedAdmin.selector, body, STRANGER));
        trust.executeAdmin(body);

        vm.expectEmit();
        emit T.AdminChanged(body, BODY_ADMIN, NEW_ADMIN);
        vm.prank(NEW_ADMIN);
        trust.executeAdmin(body);
        vm.assertTrue(trust.isAdmin(body, NEW_ADMIN));
        _refused(NEW_ADMIN, abi.encodeWithSelector(T.NoAdminProposed.selector, body));
        trust.executeAdmin(body);
    }

    function test_proposeAdmin_onlyByTheSponsorWhileActive() public {
        address[4] memory others = [ROOT_ADMIN, REGULATOR_ADMIN, OTHER_ACCREDITOR_ADMIN, BODY_ADMIN];
        for (uint256 i; i < others.length; ++i) {
            _refused(others[i], abi.encodeWithSelector(T.NotAdministrator.selector, accreditor, others[i]));
            trust.proposeAdmin(body, NEW_ADMIN);
        }
        _refused(ACCREDITOR_ADMIN, abi.encodeWithSelector(T.ZeroAccount.selector));
        trust.proposeAdmin(body, address(0));
        _suspend(root, accreditor);
        _refused(ACCREDITOR_ADMIN, abi.encodeWithSelector(T.OrganisationSuspended.selector, accreditor));
        trust.proposeAdmin(body, NEW_ADMIN);
    }

    function test_proposeAdmin_nobodyForTheRoot() public {
        _refused(ROOT_ADMIN, abi.encodeWithSelector(T.UnknownOrganisation.selector, bytes32(0)));
        trust.proposeAdmin(root, NEW_ADMIN);
    }

    function test_proposeAdmin_againBeginsAnew() public {
        _propose();
        vm.warp(START + 6 days);
        vm.prank(ACCREDITOR_ADMIN);
        trust.proposeAdmin(body, STRANGER);
        vm.warp(START + 7 days);
        _refused(NEW_ADMIN, abi.encodeWithSelector(T.NotProposedAdmin.selector, body, NEW_ADMIN));
        trust.executeAdmin(body);
        _refused(STRANGER, abi.encodeWithSelector(T.TooEarly.selector, START + 13 days, START + 7 days));
        trust.executeAdmin(body);
    }

    function test_cancelAdmin_byTheAdministratorOrTheSponsor() public {
        address[2] memory entitled = [BODY_ADMIN, ACCREDITOR_ADMIN];
        for (uint256 i; i < entitled.length; ++i) {
            _propose();
            vm.expectEmit();
            emit T.AdminProposalCancelled(body, NEW_ADMIN, entitled[i]);
            vm.prank(entitled[i]);
            trust.cancelAdmin(body);
            _refused(NEW_ADMIN, abi.encodeWithSelector(T.NoAdminProposed.selector, body));
            trust.executeAdmin(body);
        }
    }

    function test_cancelAdmin_byNobodyElse() public {
        _refused(BODY_ADMIN, abi.encodeWithSelector(T.NoAdminProposed.selector, body));
        trust.cancelAdmin(body);
        _propose();
        address[3] memory others = [ROOT_ADMIN, NEW_ADMIN, STRANGER];
        for (uint256 i; i < others.length; ++i) {
            _refused(others[i], abi.encodeWithSelector(T.NotAdministrator.selector, body, others[i]));
            trust.cancelAdmin(body);
        }
    }

    function test_aThiefOfTheAdministratorsKeyCannotHoldOn() public {
        _suspend(accreditor, body);
        _propose();
        _refused(BODY_ADMIN, abi.encodeWithSelector(T.OrganisationSuspended.selector, body));
        trust.cancelAdmin(body);
        _refused(BODY_ADMIN, abi.encodeWithSelector(T.OrganisationSuspended.selector, body));
        trust.changeAdmin(body, STRANGER);
        vm.warp(START + 7 days);
        vm.prank(NEW_ADMIN);
        trust.executeAdmin(body);
        vm.assertTrue(trust.isAdmin(body, NEW_ADMIN), "even while suspended");
    }

    function test_changeAdmin_doesNotEndAProposal() public {
        _propose();
        vm.prank(BODY_ADMIN);
        trust.changeAdmin(body, STRANGER);
        vm.warp(START + 7 days);
        vm.prank(NEW_ADMIN);
        trust.executeAdmin(body);
        vm.assertTrue(trust.isAdmin(body, NEW_ADMIN));
    }

    function test_cancelAdmin_aSuspendedSponsorMayNot() public {
        _propose();
        _suspend(root, accreditor);
        _refused(ACCREDITOR_ADMIN, abi.encodeWithSelector(T.OrganisationSuspended.selector, accreditor));
        trust.cancelAdmin(body);
    }

    function test_transferSponsor_endsAProposal() public {
        _propose();
        vm.expectEmit();
        emit T.AdminProposalCancelled(body, NEW_ADMIN, ROOT_ADMIN);
        vm.prank(ROOT_ADMIN);
        trust.transferSponsor(body, otherAccreditor);
        vm.warp(START + 7 days);
        _refused(NEW_ADMIN, abi.encodeWithSelector(T.NoAdminProposed.selector, body));
        trust.executeAdmin(body);
    }

    function _propose() private {
        vm.prank(ACCREDITOR_ADMIN);
        trust.proposeAdmin(body, NEW_ADMIN);
    }
}
