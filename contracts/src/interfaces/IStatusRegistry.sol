// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Negative decisions about records
/// @notice A record is (log, leaf hash). Its body, the body's accreditors and every regulator keep a status of their own for
/// it, in an append-only list; what counts is the worst of them.
/// @dev An author's status at `when` is its newest entry, annulled ones left out, that is effective by then. Pages hold at most
/// 256 items.
interface IStatusRegistry {
    /// @notice From good to bad. Superseded can only become withdrawn, and withdrawn is final.
    enum Status {
        Active,
        Suspended,
        Superseded,
        Withdrawn
    }

    enum StatusReason {
        Unspecified,
        IssuedInError,
        Reissued,
        HolderRequest,
        SubjectChanged,
        Nonconformity,
        Investigation,
        Fraud,
        KeyCompromised,
        LegalOrder,
        Ceased,
        Resolved
    }

    enum AnnulReason {
        Unspecified,
        StolenKey,
        Mistake,
        LegalOrder
    }

    /// @param log the log that the record is in
    /// @param leaf the record's leaf hash
    /// @param author the organisation whose status it is
    /// @param effective 0 for the block time; see `setStatus`
    struct StatusChange {
        bytes32 log;
        bytes32 leaf;
        bytes32 author;
        Status status;
        StatusReason reason;
        uint64 effective;
    }

    /// @notice What one author says at the time asked about.
    /// @param author whose status it is
    /// @param by who recorded it: the author, or one above it that lifted a suspension
    struct Standing {
        bytes32 author;
        bytes32 by;
        Status status;
        StatusReason reason;
        uint64 effective;
        uint64 recordedAt;
    }

    /// @param author whose status it is
    /// @param by who recorded it
    /// @param index its place in that author's list, as `annul` takes it
    /// @param annulledAt when the root annulled it; 0 if it counts
    struct HistoryEntry {
        bytes32 author;
        bytes32 by;
        uint64 index;
        Status status;
        StatusReason reason;
        uint64 effective;
        uint64 recordedAt;
        uint64 annulledAt;
        AnnulReason annulReason;
    }

    /// @param index place in the author's list
    event StatusRecorded(
        bytes32 indexed log,
        bytes32 indexed leaf,
        bytes32 indexed author,
        bytes32 by,
        uint64 index,
        Status status,
        StatusReason reason,
        uint64 effective,
        uint64 recordedAt
    );
    event StatusAnnulled(
        bytes32 indexed log,
        bytes32 indexed leaf,
        bytes32 indexed author,
        uint64 index,
        AnnulReason reason,
        uint64 annulledAt
    );

    /// @notice The caller is neither the administrator nor a status operator of the organisation.
    error NotStatusOperator(bytes32 org, address caller);
    error NotRoot(address caller);
    error UnknownLog(bytes32 log);
    /// @notice The organisation is neither the log's body, nor one of its accreditors, nor a regulator.
    error NotAnAuthor(bytes32 org, bytes32 log);
    /// @notice A suspended organisation may not do this; a body may still suspend and withdraw its own records.
    error OrganisationNotActive(bytes32 org);
    /// @notice Only an author of higher rank lifts another's suspension: body < accreditor < regulator.
    error NotAbove(bytes32 by, bytes32 author);
    /// @notice The author's standing status does not allow this one.
    error WrongTransition(Status current, Status wanted);
    error TooManyChanges(uint256 count);
    error NoSuchEntry(bytes32 author, uint64 index);
    error AlreadyAnnulled(bytes32 author, uint64 index);

    /// @notice Records what `author` says about a record. By the author's administrator or status operator; the author is the
    /// log's body, one of its accreditors, or a regulator.
    /// Repeating the status and reason that stand changes nothing and succeeds.
    /// @param effective 0 or the block time; for accreditors and regulators, unless the status is active, up to 90 days earlier
    function setStatus(bytes32 log, bytes32 leaf, bytes32 author, Status status, StatusReason reason, uint64 effective)
        external;

    /// @notice At most 256 of them; all or none.
    function setStatuses(StatusChange[] calldata changes) external;

    /// @notice Ends the suspension by an author of lower rank, from now on. By the administrator or status operator of `by`.
    function lift(bytes32 by, bytes32 log, bytes32 leaf, bytes32 author, StatusReason reason) external;

    /// @notice Makes an entry count as never made; it stays readable. By the administrator of the root.
    function annul(bytes32 log, bytes32 leaf, bytes32 author, uint64 index, AnnulReason reason) external;

    /// @notice The worst status at `when` (of equals, the one effective first), and what each author said then. A record nobody
    /// said anything about is active, with everything zero.
    function statusAt(bytes32 log, bytes32 leaf, uint64 when)
        external
        view
        returns (Standing memory worst, Standing[] memory byAuthor);

    /// @notice Those who ever said something about the record, in order; at most 16.
    function authors(bytes32 log, bytes32 leaf) external view returns (bytes32[] memory);

    /// @notice All entries, annulled ones too: author by author, each author's oldest first.
    function history(bytes32 log, bytes32 leaf, uint256 offset, uint256 limit)
        external
        view
        returns (HistoryEntry[] memory);
}
