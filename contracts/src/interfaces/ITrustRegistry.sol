// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Who may issue what, since when, and until when
/// @notice The tree of organisations (root → accreditors and regulators → bodies), their signing keys and accreditations.
/// @dev Every fact that can change is an append-only list of entries. A view takes `when`, scans the list newest first and
/// uses the first entry that is effective by then, so nothing recorded later changes an answer about a time before that
/// entry's own `effective`. Times are seconds of block time; intervals are [from, until), and `until` 0 means open.
/// A `from`, `since` or `effective` of 0 means the block time of the transaction.
/// Where several organisations may do the same act, the first argument `by` names the one the caller speaks for: the
/// caller has to be its administrator. One account may administer or operate several organisations.
/// An organisation's id is SHA-256 of its DID. Pages hold at most 256 items, oldest first.
interface ITrustRegistry {
    /// @notice What an organisation is. Root sponsors accreditors and regulators; accreditors sponsor bodies.
    enum Kind {
        None,
        Root,
        Accreditor,
        Regulator,
        Body
    }

    /// @notice What an entry does. A resumed organisation is recorded as `Granted`, a revoked key as `Withdrawn`.
    enum Act {
        None,
        Granted,
        Suspended,
        Withdrawn
    }

    /// @notice Why; never free text, so that no name of a person can reach the chain.
    enum Reason {
        Unspecified,
        Compromised,
        Superseded,
        Ceased,
        Voluntary,
        Investigation,
        Nonconformity,
        LegalOrder,
        Mistake,
        Resolved
    }

    /// @notice Who holds the private key.
    enum Custody {
        Body,
        Operator
    }

    /// @notice What an operator's account may do for its organisation: anchor its log, or set statuses.
    enum Role {
        Anchor,
        Status
    }

    /// @notice A key at a moment. `None`: this organisation never registered it.
    enum KeyState {
        None,
        NotYet,
        Valid,
        Expired,
        Revoked
    }

    /// @notice An accreditation at a moment, ordered by how close it comes: where no chain holds, the view explains with
    /// the greatest. The `Grant…` values mean that the accreditation holds and the accreditor's own grant does not.
    enum AccreditationState {
        None,
        NotYet,
        Expired,
        Withdrawn,
        Suspended,
        GrantNone,
        GrantNotYet,
        GrantExpired,
        GrantWithdrawn,
        GrantSuspended,
        Valid
    }

    /// @notice One line of a history.
    /// @param act what it does
    /// @param reason why
    /// @param effective from when it counts
    /// @param until first second at which a grant no longer counts; 0 = open, and always 0 for other acts
    /// @param recordedAt block time at which it was recorded
    /// @param by the organisation that decided
    struct Entry {
        Act act;
        Reason reason;
        uint64 effective;
        uint64 until;
        uint64 recordedAt;
        bytes32 by;
    }

    /// @notice An organisation as it is now.
    struct Organisation {
        string did;
        string name;
        Kind kind;
        bytes32 sponsor;
        address admin;
        uint64 registeredAt;
    }

    /// @notice Whether an organisation was active.
    /// @param exists registered at all, even if after `when`
    /// @param active registered by `when`, and nobody's suspension stood then
    /// @param registeredAt when it was registered
    /// @param author whose suspension stood (the one effective first, if several); 0 if none
    /// @param entry that suspension; all zero if none
    struct Activity {
        bool exists;
        bool active;
        uint64 registeredAt;
        bytes32 author;
        Entry entry;
    }

    /// @notice A key, and its state at the time asked about.
    /// @param state state at `when`; `None` and all else zero if the organisation never registered it
    /// @param custody who holds the private key
    /// @param from first second at which it may sign
    /// @param until first second at which it may no longer sign; 0 = open
    /// @param recordedAt block time of the registration
    /// @param x affine coordinate on P-256
    /// @param y affine coordinate on P-256
    /// @param revocation the revocation that reaches back furthest, filled even where it begins only after `when`
    /// (`state` says whether it counts there); all zero if never revoked
    struct Key {
        KeyState state;
        Custody custody;
        uint64 from;
        uint64 until;
        uint64 recordedAt;
        bytes32 x;
        bytes32 y;
        Entry revocation;
    }

    /// @notice The chain from an organisation to the root for one scope, or the best explanation of why there is none.
    /// @param state the verdict
    /// @param accreditor who accredited; the organisation itself if it is an accreditor, 0 if it is the root or none is found
    /// @param scope the accredited scope that covers the one asked for; empty if the organisation is not a body
    /// @param accreditation the accreditor's entry that decides
    /// @param grantScope the scope of the accreditor's own grant that covers `scope`
    /// @param grant the root's entry that decides
    struct Accreditation {
        AccreditationState state;
        bytes32 accreditor;
        string scope;
        Entry accreditation;
        string grantScope;
        Entry grant;
    }

    // ---------------------------------------------------------------------------------------------- events

    event OrganisationRegistered(
        bytes32 indexed org,
        bytes32 indexed sponsor,
        Kind kind,
        address admin,
        uint64 registeredAt,
        string did,
        string name
    );
    event SponsorTransferred(bytes32 indexed org, bytes32 indexed from, bytes32 indexed to);
    /// @notice `author` is whose suspension it is; `entry.by` is who recorded it (another one if it was lifted from above).
    event SuspensionRecorded(bytes32 indexed org, bytes32 indexed author, Entry entry);

    event OperatorSet(bytes32 indexed org, address indexed account, Role role, bool allowed);
    event AdminChanged(bytes32 indexed org, address from, address to);
    event AdminProposed(bytes32 indexed org, bytes32 indexed by, address proposed, uint64 executableAt);
    event AdminProposalCancelled(bytes32 indexed org, address proposed, address by);

    event KeyAdded(
        bytes32 indexed org,
        bytes8 indexed kid,
        bytes32 x,
        bytes32 y,
        uint64 from,
        uint64 until,
        uint64 recordedAt,
        Custody custody
    );
    event KeyRevoked(bytes32 indexed org, bytes8 indexed kid, Entry entry);

    /// @param scopeHash SHA-256 of `scope`
    event GrantRecorded(bytes32 indexed accreditor, bytes32 indexed scopeHash, string scope, Entry entry);
    /// @param scopeHash SHA-256 of `scope`
    event AccreditationRecorded(
        bytes32 indexed body, bytes32 indexed accreditor, bytes32 indexed scopeHash, string scope, Entry entry
    );

    // ---------------------------------------------------------------------------------------------- errors

    /// @notice The caller is not the administrator of the organisation it speaks for.
    error NotAdministrator(bytes32 org, address caller);
    /// @notice The organisation that acts is suspended.
    error OrganisationSuspended(bytes32 org);
    error UnknownOrganisation(bytes32 org);
    error OrganisationExists(bytes32 org);
    /// @notice `org` is not SHA-256 of the DID.
    error WrongOrganisationId(bytes32 org, bytes32 expected);
    /// @notice The kind of `org` does not allow this act.
    error WrongKind(bytes32 org, Kind kind);
    /// @notice `sponsor` may not sponsor this kind of organisation.
    error WrongSponsor(bytes32 sponsor, Kind kind);
    /// @notice `by` has no say over `org` in this matter.
    error NoAuthority(bytes32 by, bytes32 org);
    error ZeroAccount();

    error BadDid(string did);
    error BadName(string name);
    error BadScope(string scope);

    error AlreadySuspended(bytes32 org, bytes32 author);
    error NotSuspended(bytes32 org, bytes32 author);

    error PointNotOnCurve(bytes32 x, bytes32 y);
    error KeyExists(bytes32 org, bytes8 kid);
    error UnknownKey(bytes32 org, bytes8 kid);
    /// @notice A further revocation has to reach back further than the one that stands.
    error AlreadyRevoked(bytes32 org, bytes8 kid, uint64 since);

    /// @notice The accreditor's own grant does not cover the scope at the time the accreditation would begin.
    error ScopeNotGranted(bytes32 accreditor, string scope, AccreditationState state);
    /// @notice The newest entry (of a grant or an accreditation) does not allow this act.
    error WrongTransition(Act current, Act wanted);

    error NoAdminProposed(bytes32 org);
    error NotProposedAdmin(bytes32 org, address caller);
    error TooEarly(uint64 executableAt, uint64 blockTime);

    // ---------------------------------------------------------------------------------------------- organisations

    /// @notice Registers an organisation. By the administrator of `sponsor`, which is active: root for accreditors and
    /// regulators, an accreditor for bodies.
    /// @param org SHA-256 of `did`
    /// @param did a DID of at most 128 bytes: `did:[a-z0-9]{1,16}:[a-z0-9]([a-z0-9._:%-]*[a-z0-9])?`
    /// @param name the display name: 1 to 256 bytes of well-formed UTF-8 without control characters
    function register(bytes32 org, string calldata did, string calldata name, Kind kind, bytes32 sponsor, address admin)
        external;

    /// @notice Gives a body another accreditor as sponsor. By root. Accreditations stay; a proposed administrator lapses.
    function transferSponsor(bytes32 org, bytes32 sponsor) external;

    /// @notice Suspends an organisation in the name of `by`: its sponsor, a regulator (not over regulators) or root.
    /// Each of them keeps a suspension of its own, and the organisation is active when none stands.
    /// @param since block time, or up to 90 days earlier
    function suspendOrganisation(bytes32 by, bytes32 org, uint64 since, Reason reason) external;

    /// @notice Ends the suspension of `author` from now on. By that author, or by one above it: sponsor < regulator < root.
    /// A former sponsor counts as the lowest.
    function resumeOrganisation(bytes32 by, bytes32 org, bytes32 author, Reason reason) external;

    /// @notice Allows or forbids an account to anchor or to set statuses for `org`. By its administrator; a suspended
    /// organisation may only forbid.
    function setOperator(bytes32 org, address account, Role role, bool allowed) external;

    /// @notice Hands the administration over. By the administrator itself.
    function changeAdmin(bytes32 org, address newAdmin) external;

    /// @notice Proposes another administrator where the present one is lost or stolen. By the sponsor. Proposing again
    /// replaces the proposal and begins anew.
    function proposeAdmin(bytes32 org, address proposed) external;

    /// @notice Makes the proposed account the administrator, 7 days after the proposal. By that account, which shows that
    /// somebody holds its key.
    function executeAdmin(bytes32 org) external;

    /// @notice Drops the proposal. By the sponsor, or by the present administrator unless the organisation is suspended.
    function cancelAdmin(bytes32 org) external;

    // ---------------------------------------------------------------------------------------------- keys

    /// @notice Registers a P-256 key of `org`. By its administrator, while active.
    /// @param from 0 or a time not before the block time
    /// @return kid first 8 bytes of the key's RFC 9679 thumbprint; unique in the organisation
    function addKey(bytes32 org, bytes32 x, bytes32 y, uint64 from, uint64 until, Custody custody)
        external
        returns (bytes8 kid);

    /// @notice Revokes a key for good. By the organisation itself, even suspended (`since` up to 72 hours back), or by its
    /// sponsor or root (up to 90 days back); never before the key's start. A key revoked before its start never begins.
    function revokeKey(bytes32 by, bytes32 org, bytes8 kid, uint64 since, Reason reason) external;

    // ---------------------------------------------------------------------------------------------- scopes

    /// @notice Lets an accreditor accredit for `scope` and all below it. By root. Another grant for the same scope takes the
    /// place of the one before from its `from` on, and resumes one that was suspended or withdrawn.
    /// @param scope 1 to 8 segments of a-z 0-9 - separated by '/', at most 96 bytes
    function grantScope(bytes32 accreditor, string calldata scope, uint64 from, uint64 until) external;

    /// @notice Suspends a grant, from `since` (block time, or up to 90 days earlier) until the next grant. By root.
    function suspendGrant(bytes32 accreditor, string calldata scope, uint64 since, Reason reason) external;

    /// @notice Withdraws a grant, likewise. By root.
    function withdrawGrant(bytes32 accreditor, string calldata scope, uint64 since, Reason reason) external;

    /// @notice Accredits a body for `scope` and all below it. By the accreditor, active, whose grant covers the scope at
    /// `from`. Another accreditation takes the place of the one before, as with grants.
    function accredit(bytes32 accreditor, bytes32 body, string calldata scope, uint64 from, uint64 until) external;

    /// @notice Suspends an accreditation, from `since` (block time, or up to 90 days earlier) until the next one. By the
    /// accreditor while active, or by root.
    function suspendAccreditation(
        bytes32 by,
        bytes32 accreditor,
        bytes32 body,
        string calldata scope,
        uint64 since,
        Reason reason
    ) external;

    /// @notice Withdraws an accreditation, likewise.
    function withdrawAccreditation(
        bytes32 by,
        bytes32 accreditor,
        bytes32 body,
        string calldata scope,
        uint64 since,
        Reason reason
    ) external;

    // ---------------------------------------------------------------------------------------------- views

    /// @notice The root organisation.
    function root() external view returns (bytes32);

    /// @notice An organisation as it is now; all zero if it is not registered.
    function organisation(bytes32 org) external view returns (Organisation memory);

    /// @notice Ids of all organisations in order of registration; the first is root.
    function organisations(uint256 offset, uint256 limit) external view returns (bytes32[] memory);

    /// @notice Whether the organisation was active at `when`, and if not, why.
    function activeAt(bytes32 org, uint64 when) external view returns (Activity memory);

    /// @notice Those who ever suspended the organisation; at most 16.
    function suspensionAuthors(bytes32 org) external view returns (bytes32[] memory);

    /// @notice One author's suspensions and resumptions of the organisation.
    function suspensions(bytes32 org, bytes32 author, uint256 offset, uint256 limit)
        external
        view
        returns (Entry[] memory);

    /// @notice The proposed administrator and when it may take over; zero if there is none.
    function proposedAdmin(bytes32 org) external view returns (address proposed, uint64 executableAt);

    /// @notice A key and its state at `when`.
    function keyAt(bytes32 org, bytes8 kid, uint64 when) external view returns (Key memory);

    /// @notice Ids of the organisation's keys in order of registration.
    function keys(bytes32 org, uint256 offset, uint256 limit) external view returns (bytes8[] memory);

    /// @notice Revocations of a key; each reaches back further than the one before.
    function keyHistory(bytes32 org, bytes8 kid, uint256 offset, uint256 limit) external view returns (Entry[] memory);

    /// @notice Whether `org` may issue for `scope` at `when`, with every link to the root. For an accreditor the chain is its
    /// grant; for the root it is empty and valid. Looks at this organisation's links only, not at who was suspended.
    function accreditationAt(bytes32 org, string calldata scope, uint64 when)
        external
        view
        returns (Accreditation memory);

    /// @notice Scopes for which the organisation ever had a grant or an accreditation, in order of first use.
    function scopes(bytes32 org, uint256 offset, uint256 limit) external view returns (string[] memory);

    /// @notice Those who ever accredited `body` for exactly `scope`; at most 16.
    function accreditors(bytes32 body, string calldata scope) external view returns (bytes32[] memory);

    /// @notice One accreditor's entries for exactly this body and scope.
    function accreditationEntries(
        bytes32 body,
        string calldata scope,
        bytes32 accreditor,
        uint256 offset,
        uint256 limit
    ) external view returns (Entry[] memory);

    /// @notice The root's entries for exactly this accreditor and scope.
    function grantEntries(bytes32 accreditor, string calldata scope, uint256 offset, uint256 limit)
        external
        view
        returns (Entry[] memory);

    // What the other two contracts ask.

    function kindOf(bytes32 org) external view returns (Kind);
    function sponsorOf(bytes32 org) external view returns (bytes32);
    /// @notice Whether the organisation is active at the block time.
    function isActive(bytes32 org) external view returns (bool);
    function isAdmin(bytes32 org, address account) external view returns (bool);
    function isOperator(bytes32 org, address account, Role role) external view returns (bool);
    /// @notice Whether `accreditor` ever accredited `body`, for any scope.
    function hasAccredited(bytes32 accreditor, bytes32 body) external view returns (bool);
}
