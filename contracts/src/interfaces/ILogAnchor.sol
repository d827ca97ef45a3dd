// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title The roots of every body's log
/// @notice A log is an RFC 9162 Merkle tree that only grows: each new root has to come with a proof that it extends the one
/// before. A log's id is SHA-256(org ‖ SHA-256(origin)).
/// @dev Hashes are SHA-256, leaves SHA-256(0x00 ‖ entry), nodes SHA-256(0x01 ‖ left ‖ right). Pages hold at most 256 items,
/// oldest first.
interface ILogAnchor {
    enum LogState {
        None,
        Open,
        Closed,
        Repudiated
    }

    /// @param size number of leaves
    /// @param root root of the tree of that size
    /// @param time block time at which it was anchored
    /// @param blockNumber block in which it was anchored
    struct Anchor {
        uint64 size;
        uint64 time;
        uint64 blockNumber;
        bytes32 root;
    }

    /// @param org the organisation whose log it is
    /// @param origin the log's name, as in its checkpoints
    /// @param state open, closed, or repudiated (which also closes it)
    /// @param openedAt block time of the opening
    /// @param closedAt block time at which it was closed, by either way; 0 while open
    /// @param anchors number of anchors
    /// @param size latest size; final once closed
    /// @param root latest root; final once closed
    /// @param repudiated whether `repudiatedFrom` means anything
    /// @param repudiatedFrom records at this index and above are repudiated
    struct LogInfo {
        bytes32 org;
        string origin;
        LogState state;
        uint64 openedAt;
        uint64 closedAt;
        uint64 anchors;
        uint64 size;
        bytes32 root;
        bool repudiated;
        uint64 repudiatedFrom;
    }

    /// @param key Ed25519 public key that signs checkpoints; 0 = none from here on
    /// @param since block time from which it counts
    struct CheckpointKey {
        bytes32 key;
        uint64 since;
    }

    /// @param fromSize records at this index and above are repudiated
    /// @param proposedAt block time of the administrator's proposal
    /// @param confirmedAt block time of the sponsor's confirmation
    /// @param sponsor who confirmed
    struct Repudiation {
        uint64 fromSize;
        uint64 proposedAt;
        uint64 confirmedAt;
        bytes32 sponsor;
    }

    // ---------------------------------------------------------------------------------------------- events

    event LogOpened(bytes32 indexed log, bytes32 indexed org, string origin, uint64 openedAt);
    event Anchored(bytes32 indexed log, uint64 size, bytes32 root, uint64 time, uint64 blockNumber);
    event CheckpointKeySet(bytes32 indexed log, bytes32 key, uint64 since);
    event LogClosed(bytes32 indexed log, uint64 size, bytes32 root, uint64 closedAt);
    event RepudiationProposed(bytes32 indexed log, uint64 fromSize, uint64 proposedAt);
    /// @notice The log is repudiated from `fromSize` on, and closed if it was open.
    event LogRepudiated(
        bytes32 indexed log, uint64 fromSize, uint64 proposedAt, uint64 confirmedAt, bytes32 indexed sponsor
    );

    // ---------------------------------------------------------------------------------------------- errors

    error NotAdministrator(bytes32 org, address caller);
    error NotAnchorOperator(bytes32 org, address caller);
    error OrganisationNotActive(bytes32 org);
    error BadOrigin(string origin);
    error LogExists(bytes32 log);
    error UnknownLog(bytes32 log);
    /// @notice The organisation has another log open.
    error HasOpenLog(bytes32 org, bytes32 log);
    error LogNotOpen(bytes32 log, LogState state);
    error EmptyRoot();

    /// @notice The proof has to start from the latest size.
    error NotLatestSize(bytes32 log, uint64 latest, uint64 oldSize);
    /// @notice The size is not above the latest one, and was never anchored.
    error SizeNotAboveLatest(bytes32 log, uint64 latest, uint64 newSize);
    /// @notice This size is anchored with another root.
    error OtherRootAnchored(bytes32 log, uint64 size, bytes32 anchored, bytes32 offered);
    /// @notice One step may add at most 2^24 leaves.
    error StepTooLarge(uint64 oldSize, uint64 newSize);
    /// @notice Sizes stay below 2^40.
    error SizeTooLarge(uint64 newSize);
    error NotConsistent(bytes32 log, uint64 oldSize, uint64 newSize);
    error SizeNotAnchored(bytes32 log, uint64 size);

    error TooManyCheckpointKeys(bytes32 log);
    error SameCheckpointKey(bytes32 log, bytes32 key);

    /// @notice `fromSize` has to be at least 1, at most `limit` (the latest size, or one less than what is repudiated).
    error RepudiationOutOfRange(bytes32 log, uint64 fromSize, uint64 limit);
    /// @notice What the sponsor confirms is not what was proposed (0: nothing was).
    error OtherRepudiationProposed(bytes32 log, uint64 proposed, uint64 confirmed);

    // ---------------------------------------------------------------------------------------------- acts

    /// @notice Opens the organisation's log and anchors size 1. By its administrator, while active; one open log each.
    /// @param origin at most 100 bytes: a host `[a-z0-9]([a-z0-9.-]*[a-z0-9])?`, then one or more `/[a-z0-9._-]+`
    /// @param genesisRoot leaf hash of entry 0
    function openLog(bytes32 org, string calldata origin, bytes32 genesisRoot) external returns (bytes32 log);

    /// @notice Extends the log. By an anchor operator of its organisation, while active.
    /// A repeated (log, size, root) changes nothing and succeeds, whoever sends it and whatever the log's state.
    /// @param oldSize the latest size
    /// @param newSize above `oldSize` by at most 2^24, below 2^40
    /// @param proof RFC 9162 consistency proof between the two
    function anchor(bytes32 log, uint64 oldSize, uint64 newSize, bytes32 newRoot, bytes32[] calldata proof) external;

    /// @notice Names the key that signs checkpoints from now on; 0 for none. By the administrator, while active.
    function setCheckpointKey(bytes32 log, bytes32 key) external;

    /// @notice Ends the log with its latest size and root. By the administrator, while active.
    function closeLog(bytes32 log) external;

    /// @notice Proposes to repudiate all records at index `fromSize` and above. By the administrator, even of a suspended
    /// organisation, of an open or closed log. Proposing again replaces the proposal. A log already repudiated can be
    /// repudiated from further back.
    function proposeRepudiation(bytes32 log, uint64 fromSize) external;

    /// @notice Confirms the proposal, which closes the log. By the administrator of the organisation's sponsor, active.
    function confirmRepudiation(bytes32 log, uint64 fromSize) external;

    // ---------------------------------------------------------------------------------------------- views

    /// @notice The log's id: SHA-256(org ‖ SHA-256(origin)).
    function logId(bytes32 org, string calldata origin) external pure returns (bytes32);

    /// @notice The log; all zero if it is not known.
    function logInfo(bytes32 log) external view returns (LogInfo memory);

    /// @notice The organisation whose log it is; 0 if it is not known.
    function organisationOf(bytes32 log) external view returns (bytes32);

    /// @notice The organisation's open log; 0 if it has none.
    function openLogOf(bytes32 org) external view returns (bytes32);

    /// @notice The latest anchor; all zero if the log is not known.
    function latest(bytes32 log) external view returns (Anchor memory);

    /// @notice The anchor of exactly this size.
    function anchorAt(bytes32 log, uint64 size) external view returns (bool exists, Anchor memory);

    /// @notice The first anchor whose size is above `index`: the proven time of the record there is its time.
    function firstAnchorCovering(bytes32 log, uint64 index) external view returns (bool exists, Anchor memory);

    /// @notice Anchors by ordinal.
    function anchors(bytes32 log, uint256 offset, uint256 limit) external view returns (Anchor[] memory);

    /// @notice The checkpoint key that counted at `when`; 0 if none.
    function checkpointKeyAt(bytes32 log, uint64 when) external view returns (CheckpointKey memory);

    /// @notice All checkpoint keys, in order.
    function checkpointKeys(bytes32 log, uint256 offset, uint256 limit) external view returns (CheckpointKey[] memory);

    /// @notice The proposal that waits for the sponsor; zero if there is none.
    function proposedRepudiation(bytes32 log) external view returns (uint64 fromSize, uint64 proposedAt);

    /// @notice All repudiations; each reaches back further than the one before.
    function repudiations(bytes32 log, uint256 offset, uint256 limit) external view returns (Repudiation[] memory);

    /// @notice Whether `leaf` stands at `index` of the tree that is anchored with `size`; reverts if none is.
    function verifyInclusion(bytes32 log, uint64 size, uint64 index, bytes32 leaf, bytes32[] calldata path)
        external
        view
        returns (bool);
}
