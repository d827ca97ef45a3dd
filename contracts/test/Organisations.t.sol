// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {TrustRegistry} from "../src/TrustRegistry.sol";
import {ITrustRegistry as T} from "../src/interfaces/ITrustRegistry.sol";
import {World} from "./base/World.sol";

contract OrganisationsTest is World {
    string private constant DID = "did:web:new.example";
    bytes32 private immutable org = sha256(bytes(DID));

    // ------------------------------------------------------------------------------------------------ founding

    function test_theRootIsThereFromTheStart() public view {
        vm.assertEq(trust.root(), root);
        T.Organisation memory o = trust.organisation(root);
        vm.assertEq(o.did, "did:web:root.example");
        vm.assertEq(o.name, "Root");
        vm.assertEq(uint8(o.kind), uint8(T.Kind.Root));
        vm.assertEq(o.sponsor, 0);
        vm.assertEq(o.admin, ROOT_ADMIN);
        vm.assertEq(o.registeredAt, START);
        vm.assertTrue(trust.isActive(root));
    }

    function test_aRootNeedsADidANameAndAnAccount() public {
        vm.expectRevert(abi.encodeWithSelector(T.BadDid.selector, "root"));
        new TrustRegistry("root", "Root", ROOT_ADMIN);
        vm.expectRevert(abi.encodeWithSelector(T.BadName.selector, ""));
        new TrustRegistry("did:web:root.example", "", ROOT_ADMIN);
        vm.expectRevert(abi.encodeWithSelector(T.ZeroAccount.selector));
        new TrustRegistry("did:web:root.example", "Root", address(0));
    }

    // ------------------------------------------------------------------------------------------------ register

    function test_register_storesAndTells() public {
        vm.warp(START + 5);
        vm.expectEmit();
        emit T.OrganisationRegistered(
            org, accreditor, T.Kind.Body, STRANGER, START + 5, DID, unicode"Trung tâm Đo lường"
        );
        vm.prank(ACCREDITOR_ADMIN);
        trust.register(org, DID, unicode"Trung tâm Đo lường", T.Kind.Body, accreditor, STRANGER);

        T.Organisation memory o = trust.organisation(org);
        vm.assertEq(o.did, DID);
        vm.assertEq(o.name, unicode"Trung tâm Đo lường");
        vm.assertEq(uint8(o.kind), uint8(T.Kind.Body));
        vm.assertEq(o.sponsor, accreditor);
        vm.assertEq(o.admin, STRANGER);
        vm.assertEq(o.registeredAt, START + 5);
        vm.assertEq(uint8(trust.kindOf(org)), uint8(T.Kind.Body));
        vm.assertEq(trust.sponsorOf(org), accreditor);
        vm.assertEq(trust.organisations(7, 9)[0], org);
    }

    function test_register_onlyTheSponsorsAdministrator() public {
        address[4] memory others = [ROOT_ADMIN, OTHER_ACCREDITOR_ADMIN, REGULATOR_ADMIN, STRANGER];
        for (uint256 i; i < others.length; ++i) {
            _refused(others[i], abi.encodeWithSelector(T.NotAdministrator.selector, accreditor, others[i]));
            trust.register(org, DID, "New", T.Kind.Body, accreditor, STRANGER);
        }
    }

    function test_register_onlyByAnActiveSponsor() public {
        _suspend(root, accreditor);
        _refused(ACCREDITOR_ADMIN, abi.encodeWithSelector(T.OrganisationSuspended.selector, accreditor));
        trust.register(org, DID, "New", T.Kind.Body, accreditor, STRANGER);
    }

    function test_register_onlyKindsThatTheSponsorMaySponsor() public {
        _refuseKind(ROOT_ADMIN, root, T.Kind.Body);
        _refuseKind(ROOT_ADMIN, root, T.Kind.Root);
        _refuseKind(ROOT_ADMIN, root, T.Kind.None);
        _refuseKind(ACCREDITOR_ADMIN, accreditor, T.Kind.Accreditor);
        _refuseKind(ACCREDITOR_ADMIN, accreditor, T.Kind.Regulator);
        _refuseKind(REGULATOR_ADMIN, regulator, T.Kind.Body);
        _refuseKind(BODY_ADMIN, body, T.Kind.Body);
    }

    function test_register_needsASponsorThatExists() public {
        _refused(STRANGER, abi.encodeWithSelector(T.UnknownOrganisation.selector, bytes32(0)));
        trust.register(org, DID, "New", T.Kind.Body, 0, STRANGER);
    }

    function test_register_onlyOnce() public {
        _refused(OTHER_ACCREDITOR_ADMIN, abi.encodeWithSelector(T.OrganisationExists.selector, body));
        trust.register(body, "did:web:body.example", "Taken", T.Kind.Body, otherAccreditor, STRANGER);
    }

    function test_register_onlyUnderItsOwnId() public {
        _refused(ACCREDITOR_ADMIN, abi.encodeWithSelector(T.WrongOrganisationId.selector, bytes32("other"), org));
        trust.register("other", DID, "New", T.Kind.Body, accreditor, STRANGER);
    }

    function test_register_needsAWellFormedDidNameAndAccount() public {
        bytes32 other = sha256("did:web:New.example");
        _refused(ACCREDITOR_ADMIN, abi.encodeWithSelector(T.BadDid.selector, "did:web:New.example"));
        trust.register(other, "did:web:New.example", "New", T.Kind.Body, accreditor, STRANGER);
        _refused(ACCREDITOR_ADMIN, abi.encodeWithSelector(T.BadName.selector, "two\nlines"));
        trust.register(org, DID, "two\nlines", T.Kind.Body, accreditor, STRANGER);
        _refused(ACCREDITOR_ADMIN, abi.encodeWithSelector(T.ZeroAccount.selector));
        trust.register(org, DID, "New", T.Kind.Body, accreditor, address(0));
    }

    // ------------------------------------------------------------------------------------------------ transferSponsor

    function test_transferSponsor_keepsTheAccreditation() public {
        vm.expectEmit();
        emit T.SponsorTransferred(body, accreditor, otherAccreditor);
        vm.prank(ROOT_ADMIN);
        trust.transferSponsor(body, otherAccreditor);
        vm.assertEq(trust.sponsorOf(body), otherAccreditor);
        T.Accreditation memory a = trust.accreditationAt(body, "verification/scales", START);
        vm.assertEq(uint8(a.state), uint8(T.AccreditationState.Valid));
        vm.assertEq(a.accreditor, accreditor);
    }

    function test_transferSponsor_onlyByTheRoot() public {
        address[3] memory others = [ACCREDITOR_ADMIN, OTHER_ACCREDITOR_ADMIN, BODY_ADMIN];
        for (uint256 i; i < others.length; ++i) {
            _refused(others[i], abi.encodeWithSelector(T.NotAdministrator.selector, root, others[i]));
            trust.transferSponsor(body, otherAccreditor);
        }
    }

    function test_transferSponsor_onlyOfABodyToAnAccreditor() public {
        _refused(ROOT_ADMIN, abi.encodeWithSelector(T.WrongSponsor.selector, regulator, T.Kind.Body));
        trust.transferSponsor(body, regulator);
        _refused(ROOT_ADMIN, abi.encodeWithSelector(T.WrongSponsor.selector, root, T.Kind.Body));
        trust.transferSponsor(body, root);
        _refused(ROOT_ADMIN, abi.encodeWithSelector(T.WrongKind.selector, accreditor, T.Kind.Accreditor));
        trust.transferSponsor(accreditor, otherAccreditor);
        _refused(ROOT_ADMIN, abi.encodeWithSelector(T.UnknownOrganisation.selector, org));
        trust.transferSponsor(org, otherAccreditor);
    }

    function test_transferSponsor_movesTheSayToTheNewSponsor() public {
        vm.prank(ROOT_ADMIN);
        trust.transferSponsor(body, otherAccreditor);
        _refused(ACCREDITOR_ADMIN, abi.encodeWithSelector(T.NoAuthority.selector, accreditor, body));
        trust.suspendOrganisation(accreditor, body, 0, T.Reason.Investigation);
        _suspend(otherAccreditor, body);
        vm.assertFalse(trust.isActive(body));
    }

    // ------------------------------------------------------------------------------------------------ views

    function test_organisations_inPages() public view {
        bytes32[7] memory all = [root, accreditor, otherAccreditor, regulator, otherRegulator, body, otherBody];
        vm.assertEq(trust.organisations(0, 100).length, 7);
        bytes32[] memory page = trust.organisations(2, 3);
        vm.assertEq(page.length, 3);
        for (uint256 i; i < 3; ++i) {
            vm.assertEq(page[i], all[2 + i]);
        }
        vm.assertEq(trust.organisations(7, 1).length, 0);
        vm.assertEq(trust.organisations(type(uint256).max, type(uint256).max).length, 0);
        vm.assertEq(trust.organisations(0, 0).length, 0);
    }

    function test_anUnknownOrganisationIsAllZero() public view {
        T.Organisation memory o = trust.organisation(org);
        vm.assertEq(uint8(o.kind), uint8(T.Kind.None));
        vm.assertEq(o.admin, address(0));
        T.Activity memory a = trust.activeAt(org, START);
        vm.assertFalse(a.exists);
        vm.assertFalse(a.active);
        vm.assertFalse(trust.isAdmin(org, address(0)), "nobody administers what is not there");
    }

    function _refuseKind(address admin, bytes32 sponsor, T.Kind kind) private {
        _refused(admin, abi.encodeWithSelector(T.WrongSponsor.selector, sponsor, kind));
        trust.register(org, DID, "New", kind, sponsor, STRANGER);
    }
}
