// Made by scripts/javascript-sdk from the server's OpenAPI and AsyncAPI documents.

export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description A change of the caller's own name or preferences; fields left out are not changed. */
        AccountUpdate: {
            name?: string | null;
            preferences?: components["schemas"]["PreferencesChange"] | null;
        };
        AcpAgent: {
            /** @description The program and its arguments, run in the sandbox */
            command: string[];
            /** @description Environment variables; their values are never shown */
            environment?: {
                [key: string]: string;
            };
        };
        Agent: {
            acp?: components["schemas"]["AcpAgent"] | null;
        };
        AgentProgram: {
            pid: number;
            /** @enum {string} */
            type: "opencode" | "claude" | "claude-desktop" | "codex" | "gemini" | "roo" | "roocode" | "command" | "sandbox" | "server" | "system";
            /** @enum {string} */
            status: "running" | "stopped" | "zombie";
            cmdline: string;
            name: string;
            /** Format: date-time */
            startTime: string;
            memoryUsage: number;
            memoryPercent: number;
            cpuPercent: number;
            sessionId?: string | null;
            taskId?: string | null;
            workingDir?: string | null;
            isOpencode: boolean;
            isClaudeDesktop: boolean;
            /** @enum {string} */
            activity: "executing_task" | "waiting_for_person" | "working" | "idle";
            /** Format: date-time */
            discoveredAt: string;
        };
        ApiKey: {
            id: string;
            userId: string;
            name: string;
            hint: string;
            scopes: ("read" | "write" | "admin")[];
            limits?: {
                [key: string]: number | null;
            } | null;
            /** Format: date-time */
            createdAt: string;
            /** Format: date-time */
            expiresAt?: string | null;
            /** Format: date-time */
            revokedAt?: string | null;
        };
        Approval: {
            id: string;
            sessionId: string;
            taskId: string;
            callId: string;
            toolName: string;
            action: string;
            description: string;
            parameters: {
                [key: string]: unknown;
            };
            /** @enum {string} */
            status: "pending" | "approved" | "rejected" | "expired" | "cancelled";
            /** Format: date-time */
            createdAt: string;
            /** Format: date-time */
            expiresAt: string;
            feedback?: string | null;
            /** Format: date-time */
            resolvedAt?: string | null;
            resolvedBy?: string | null;
            /** @description The provider and model that decided in the place of people */
            reviewedBy?: string | null;
            /** @description What an answer that is remembered makes a rule of: allowed if approved, forbidden if rejected. Empty if it cannot be remembered */
            rules?: components["schemas"]["ApprovalRule"][];
            /** @enum {string|null} */
            remembered?: "once" | "session" | "always" | null;
            /** @description What happens at `expiresAt`; it expires if left out */
            unanswered?: components["schemas"]["Unanswered"] | null;
            /** @description The rule that answered it, made while it was open */
            byRule?: components["schemas"]["ApprovalRule"] | null;
        };
        /** @description An answer with one approval. */
        ApprovalAnswer: {
            approval: components["schemas"]["Approval"];
        };
        /** @description A request for a session's approvals. */
        ApprovalList: {
            sessionId: string;
            /** @enum {string|null} */
            status?: "pending" | "approved" | "rejected" | "expired" | "cancelled" | null;
            /** @default 20 */
            limit?: number;
            /** @default 0 */
            offset?: number;
        };
        /** @description A page of approvals, newest first. */
        ApprovalPage: {
            data: components["schemas"]["Approval"][];
            pagination: components["schemas"]["Pagination"];
        };
        ApprovalPrompt: {
            approvalId: string;
            callId: string;
            toolName: string;
            action: string;
            description: string;
            /** Format: date-time */
            expiresAt: string;
        };
        /** @description A reference to an approval. */
        ApprovalRef: {
            sessionId: string;
            approvalId: string;
        };
        /** @description The agent waits for a person to approve or reject a tool call. */
        ApprovalRequiredPayload: {
            id: string;
            /** @constant */
            type: "approval.required";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
            approvalId: string;
            callId: string;
            toolName: string;
            action: string;
            description: string;
            parameters: {
                [key: string]: unknown;
            };
            /** Format: date-time */
            expiresAt: string;
            rules?: components["schemas"]["ApprovalRule"][];
            unanswered?: components["schemas"]["Unanswered"] | null;
        };
        /** @description An approval is resolved: approved, rejected, expired or cancelled. The first answer wins. */
        ApprovalResolvedPayload: {
            id: string;
            /** @constant */
            type: "approval.resolved";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
            approvalId: string;
            callId: string;
            /** @enum {string} */
            status: "pending" | "approved" | "rejected" | "expired" | "cancelled";
            feedback?: string | null;
            resolvedBy?: string | null;
            /** @enum {string|null} */
            remembered?: "once" | "session" | "always" | null;
            reviewedBy?: string | null;
            byRule?: components["schemas"]["ApprovalRule"] | null;
        };
        /** @description A person's answer to an approval. */
        ApprovalRespond: {
            sessionId: string;
            approvalId: string;
            /** @enum {string} */
            action: "approve" | "reject";
            feedback?: string | null;
            /**
             * @description Make the approval's `rules` rules of the session, or of all sessions that you own
             * @default once
             * @enum {string}
             */
            remember?: "once" | "session" | "always";
        };
        ApprovalRespondBody: {
            /** @enum {string} */
            action: "approve" | "reject";
            feedback?: string | null;
            /**
             * @description Make the approval's `rules` rules of the session, or of all sessions that you own
             * @default once
             * @enum {string}
             */
            remember?: "once" | "session" | "always";
        };
        ApprovalRule: {
            /** @enum {string} */
            decision: "always" | "ask" | "never";
            /** @description A tool's name */
            tool?: string | null;
            /** @description A tool group: read, edit, command … */
            group?: string | null;
            /** @description A glob over workspace paths */
            path?: string | null;
            /** @description A command prefix, as words */
            command?: string | null;
            /** @description An MCP server's name */
            server?: string | null;
        };
        /** @description A request for the approvals of all sessions of a scope. */
        ApprovalSearch: {
            /**
             * @default all
             * @enum {string}
             */
            scope?: "mine" | "shared" | "all";
            /** @enum {string|null} */
            status?: "pending" | "approved" | "rejected" | "expired" | "cancelled" | null;
            /** @default 20 */
            limit?: number;
            /** @default 0 */
            offset?: number;
        };
        /** @description What an archive contained: `files` counts files and links; `size` is in bytes of all files. */
        ArchiveUnpacked: {
            files: number;
            size: number;
        };
        /** @description The stored attempts of a webhook, newest first. */
        AttemptList: {
            webhookId: string;
            /** @default 20 */
            limit?: number;
            /** @default 0 */
            offset?: number;
        };
        AttemptPage: {
            data: components["schemas"]["DeliveryAttempt"][];
            pagination: components["schemas"]["Pagination"];
        };
        AttemptShown: {
            attempt: components["schemas"]["DeliveryAttempt"];
        };
        AuditEntry: {
            number: number;
            /** Format: date-time */
            at: string;
            userId: string;
            /** @enum {string} */
            credential: "token" | "key" | "open" | "none";
            credentialId: string;
            address: string;
            /** @enum {string} */
            door: "socket.io" | "rest" | "s3-rest" | "websocket" | "command-line" | "in-process";
            operation: string;
            subject: {
                [key: string]: string;
            };
            status: number;
            code?: string | null;
            requestId: string;
            previous: string;
            hash: string;
        };
        /** @description A request for the entries that match all given fields. */
        AuditList: {
            userId?: string | null;
            sessionId?: string | null;
            operation?: string | null;
            code?: string | null;
            /** Format: date-time */
            since?: string | null;
            /** Format: date-time */
            until?: string | null;
            /** @default 50 */
            limit?: number;
            /** @default 0 */
            offset?: number;
        };
        /** @description A page of the audit log, newest first. */
        AuditPage: {
            data: components["schemas"]["AuditEntry"][];
            pagination: components["schemas"]["Pagination"];
        };
        /**
         * @description The result of checking the chain: `brokenAt` is the number of the first invalid entry, `reason` says
         *     why.
         *
         *     `head` is the last hash that was reached. Kept elsewhere, it shows later whether anything before it has
         *     changed.
         */
        AuditVerification: {
            entries: number;
            head: string;
            brokenAt?: number | null;
            reason?: string | null;
        };
        /** @description A request to check the chain; `head` is the hash of an entry that must still be in it. */
        AuditVerify: {
            head?: string | null;
        };
        AutoApproval: {
            /** @default false */
            autoApprovalEnabled?: boolean;
            /** @description `false` asks; if left out, the server's default applies */
            alwaysAllowReadOnly?: boolean | null;
            /** @default false */
            alwaysAllowReadOnlyOutsideWorkspace?: boolean;
            /** @default false */
            alwaysAllowWrite?: boolean;
            /** @default false */
            alwaysAllowWriteOutsideWorkspace?: boolean;
            /**
             * @description Also files that configure the agent: .roo, .roomodes, .rooignore …
             * @default false
             */
            alwaysAllowWriteProtected?: boolean;
            /** @default 0 */
            writeDelayMs?: number;
            /** @default 0 */
            requestDelaySeconds?: number;
            /** @default false */
            alwaysAllowBrowser?: boolean;
            /** @default false */
            alwaysAllowMcp?: boolean;
            /** @default false */
            alwaysAllowModeSwitch?: boolean;
            /** @default false */
            alwaysAllowSubtasks?: boolean;
            /** @default false */
            alwaysAllowExecute?: boolean;
            /** @description Prefixes run without asking; `*`: all. The longest match of both lists decides */
            allowedCommands?: string[];
            /** @description Prefixes that need approval nevertheless */
            deniedCommands?: string[];
            /** @default false */
            alwaysAllowFollowupQuestions?: boolean;
            /**
             * @description After this time the first suggestion is the answer
             * @default 60000
             */
            followupAutoApproveTimeoutMs?: number;
            /** @description Requests before a person is asked */
            allowedMaxRequests?: number | null;
            /** @description US dollars before a person is asked */
            allowedMaxCost?: number | null;
        };
        /** @description A piece of the arguments (JSON text) of a call that the model is writing, and of the call's message. */
        CallWrittenPayload: {
            id: string;
            /** @constant */
            type: "call.delta";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
            callId: string;
            toolName: string;
            arguments: string;
            messageId: string;
            ts: number;
            /** @description Characters of the arguments before this piece */
            position: number;
        };
        CallersSession: {
            id: string;
            userId: string;
            name: string;
            workspaceId: string;
            config: components["schemas"]["SessionConfig"];
            /** @enum {string} */
            status: "active" | "inactive" | "archived";
            /** Format: date-time */
            createdAt: string;
            /** Format: date-time */
            updatedAt: string;
            /** Format: date-time */
            expiresAt?: string | null;
            /** @description What a program keeps it for; a user has one session for each purpose */
            purpose?: string | null;
            /** @enum {string} */
            access: "owner" | "collaborator" | "watcher";
        };
        ChangedFile: {
            path: string;
            kind: string;
            added?: number | null;
            removed?: number | null;
            /**
             * @description In a comparison: whether `.gitignore` files of the workspace exclude it, or it is what tools leave behind, as `__pycache__`
             * @default false
             */
            isGenerated?: boolean;
        };
        Changes: {
            added: number;
            removed: number;
            diff?: string | null;
            /** @description False if lines could not be counted, because it is not text, is too large, or what was there before is not known; left out otherwise */
            isCounted?: boolean | null;
        };
        CheckEvidence: {
            attempt: number;
            passed: boolean;
            treeHash: string;
            /** Format: date-time */
            checkedAt: string;
            results: components["schemas"]["CheckOutcome"][];
        };
        CheckOutcome: {
            /** @enum {string} */
            kind: "command" | "changed" | "protect";
            check: string;
            passed: boolean;
            reason?: string | null;
            exitCode?: number | null;
            outputHash?: string | null;
            output?: string | null;
            executionTime?: number | null;
        };
        Checkpoint: {
            id: string;
            reason: string;
            /** Format: date-time */
            createdAt: string;
            taskId?: string | null;
        };
        /** @description A comparison of two checkpoints; without `to`, of a checkpoint and the present workspace. */
        CheckpointCompare: {
            sessionId: string;
            checkpointId: string;
            to?: string | null;
        };
        /** @description A request to save the workspace. */
        CheckpointCreate: {
            sessionId: string;
            /** @default on request */
            reason?: string;
        };
        CheckpointCreateBody: {
            /** @default on request */
            reason?: string;
        };
        /** @description The new checkpoint; `checkpoint` is left out if nothing has changed since the last one. */
        CheckpointCreated: {
            checkpoint?: components["schemas"]["Checkpoint"] | null;
        };
        /**
         * @description The files that differ, and the unified diff, both truncated if they are long.
         *
         *     `totalFiles` counts the files that are not named, too.
         */
        CheckpointDifference: {
            files: components["schemas"]["ChangedFile"][];
            totalFiles: number;
            diff: string;
            isTruncated: boolean;
        };
        /** @description A request for a session's checkpoints. */
        CheckpointList: {
            sessionId: string;
            /** @default 50 */
            limit?: number;
            /** @default 0 */
            offset?: number;
        };
        /** @description A page of checkpoints, newest first. */
        CheckpointPage: {
            data: components["schemas"]["Checkpoint"][];
            pagination: components["schemas"]["Pagination"];
        };
        /** @description A reference to a checkpoint. */
        CheckpointRef: {
            sessionId: string;
            checkpointId: string;
        };
        /** @description What a restoration changed; `savedAs` is the checkpoint of the workspace just before it. */
        CheckpointRestored: {
            files: components["schemas"]["ChangedFile"][];
            savedAs?: components["schemas"]["Checkpoint"] | null;
        };
        /** @description The workspace has been restored to a checkpoint. */
        CheckpointRestoredEventPayload: {
            id: string;
            /** @constant */
            type: "checkpoint.restored";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
            checkpointId: string;
            files: components["schemas"]["ChangedFile"][];
        };
        /** @description The workspace has been saved. */
        CheckpointSavedPayload: {
            id: string;
            /** @constant */
            type: "checkpoint.saved";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
            checkpoint: components["schemas"]["Checkpoint"];
        };
        /** @description A repository is being cloned into the workspace; `step` is git's word for what it does. */
        CloneStepPayload: {
            id: string;
            /** @constant */
            type: "workspace.cloning";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
            repository: string;
            step: string;
            percent: number;
        };
        CommandCheck: {
            /** @description The command line, run by `sh -c` */
            command: string;
            /** @default 0 */
            exitCode?: number;
            /** @description Seconds it may take, at most the session's `maxExecutionTime`, which is also the default */
            timeout?: number | null;
        };
        /** @description A task's command goes on in the background: its call is answered, and `command.ended` follows. */
        CommandContinuedPayload: {
            id: string;
            /** @constant */
            type: "command.continued";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
            callId: string;
            command: string;
        };
        /**
         * @description A command in the background has ended, for whatever reason.
         *
         *     `signal` (`SIGTERM`) is what ended it, if one did; then `exitCode` is 128 and its number. `stoppedBy`
         *     is `person`, `task` (it ended with its task), `server`, or a limit: `time`, `memory`, `output`, `disk`.
         *     Without `exitCode` it could not be run, which `error` explains, or nobody saw its end. `executionTime` is
         *     in milliseconds.
         */
        CommandEndedPayload: {
            id: string;
            /** @constant */
            type: "command.ended";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
            callId: string;
            exitCode?: number | null;
            signal?: string | null;
            stoppedBy?: string | null;
            error?: string | null;
            executionTime?: number | null;
        };
        DeliveryAttempt: {
            webhookId: string;
            number: number;
            /** @enum {string} */
            kind: "delivery" | "test" | "redelivery";
            event: string;
            eventId: string;
            /** Format: date-time */
            attemptedAt: string;
            durationMs: number;
            succeeded: boolean;
            status?: number | null;
            error?: string | null;
        };
        DirectoryEntry: {
            name: string;
            path: string;
            type: string;
            childCount: number;
            /** Format: date-time */
            modifiedAt: string;
        };
        /** @description A request to create a directory. */
        DirectoryMake: {
            sessionId: string;
            path: string;
        };
        DirectoryMakeBody: {
            path: string;
        };
        /**
         * @description Every failure, at every door. Source: S0, Error Handling.
         * @example {
         *       "error": {
         *         "code": "VALIDATION_ERROR",
         *         "message": "Invalid request data",
         *         "details": {
         *           "field": "limit",
         *           "reason": "Not a valid integer."
         *         },
         *         "timestamp": "2024-01-15T10:30:00.000Z",
         *         "requestId": "req-5f1c2a90-17"
         *       }
         *     }
         */
        Error: {
            error: {
                /** @description Stable; decide by it */
                code: string;
                /** @description For people; says what to do next */
                message: string;
                /** @description The facts, by code */
                details: Record<string, never>;
                /** Format: date-time */
                timestamp: string;
                /** @description Identifies the call in the server's log */
                requestId: string;
            };
        };
        ErrorRates: {
            totalErrors: number;
            errorRatePercent: number;
            errorsByType: {
                [key: string]: number;
            };
        };
        EventCursor: {
            limit: number;
            hasMore: boolean;
            nextAfter: number;
            head: number;
            first: number;
            lastEventId?: string | null;
            reset?: boolean | null;
        };
        /**
         * @description Follow the sessions of a scope on this socket, those that do not exist yet included.
         *
         *     With `cursor`, which each event has, everything after it is sent first.
         */
        EventFollow: {
            /**
             * @default all
             * @enum {string}
             */
            scope?: "mine" | "shared" | "all";
            /** @description Names of events, groups of them (`task.*`), or all (`*`) */
            types?: string[];
            cursor?: string | null;
        };
        /** @description A request for events with a seq above `after`, or after the event with the id `lastEventId`. */
        EventList: {
            sessionId: string;
            /** @default 0 */
            after?: number;
            lastEventId?: string | null;
            /** @default 100 */
            limit?: number;
        };
        /** @description A page of events as stored in the log, each with its own fields beside the envelope. */
        EventPage: {
            data: {
                [key: string]: unknown;
            }[];
            pagination: components["schemas"]["EventCursor"];
        };
        /** @description The stream has ended, or its client is gone. */
        EventStreamClosed: Record<string, never>;
        /** @description Follow a session on this socket; with `lastSeq` or `lastEventId`, everything after it is sent first. */
        EventSubscribe: {
            sessionId: string;
            lastSeq?: number | null;
            lastEventId?: string | null;
        };
        /** @description Follow no session any more, except those that were subscribed to one by one. */
        EventUnfollow: Record<string, never>;
        /** @description Stop following a session on this socket. */
        EventUnsubscribe: {
            sessionId: string;
        };
        /** @description An answer with one file. */
        FileAnswer: {
            file: components["schemas"]["FileEntry"];
        };
        /** @description A file's content; `size` is in bytes of the file. */
        FileContent: {
            path: string;
            content: string;
            /** @enum {string} */
            encoding: "utf-8" | "base64";
            size: number;
            /** Format: date-time */
            modifiedAt: string;
            etag: string;
        };
        /** @description A request to copy a file or directory. */
        FileCopy: {
            sessionId: string;
            path: string;
            /** @description The path of the copy; directories above it are created */
            to: string;
            /**
             * @description Whether an existing file may be replaced
             * @default false
             */
            overwrite?: boolean;
        };
        FileCopyBody: {
            path: string;
            /** @description The path of the copy; directories above it are created */
            to: string;
            /**
             * @description Whether an existing file may be replaced
             * @default false
             */
            overwrite?: boolean;
        };
        /** @description A file, or a directory with everything in it, has been created. */
        FileCreatedPayload: {
            id: string;
            /** @constant */
            type: "file.created";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
            path: string;
            /** @description `directory`; left out for a file */
            kind?: string | null;
            /** @description The lines of a text file that a command made, without a diff */
            changes?: components["schemas"]["Changes"] | null;
            /** @description `command`, if a command that ran in the workspace did it; left out otherwise */
            source?: string | null;
        };
        /** @description A request to delete a file or a directory. */
        FileDelete: {
            sessionId: string;
            path: string;
            /**
             * @description Whether a directory may have content, which is deleted with it
             * @default false
             */
            recursive?: boolean;
            /** @description An `etag`, or `*`: if the file has another one, nothing is done and the answer is a conflict */
            ifMatch?: string | null;
        };
        /** @description A file, or a directory with everything in it, has been deleted. */
        FileDeletedPayload: {
            id: string;
            /** @constant */
            type: "file.deleted";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
            path: string;
            /** @description The lines of a text file that a command deleted, without a diff */
            changes?: components["schemas"]["Changes"] | null;
            /** @description `command`, if a command that ran in the workspace did it; left out otherwise */
            source?: string | null;
        };
        FileEntry: {
            name: string;
            path: string;
            type: string;
            size: number;
            /** Format: date-time */
            modifiedAt: string;
            /** @description Changes with the content; left out for directories and links, and in lists */
            etag?: string | null;
        };
        /** @description A request to list a directory; `limit` and `offset` count directories and files together. */
        FileList: {
            sessionId: string;
            /** @default / */
            path?: string;
            /** @default false */
            recursive?: boolean;
            /** @default false */
            includeHidden?: boolean;
            /** @default 1000 */
            limit?: number;
            /** @default 0 */
            offset?: number;
        };
        /** @description A directory's content. */
        FileListing: {
            files: components["schemas"]["FileEntry"][];
            directories: components["schemas"]["DirectoryEntry"][];
            total: number;
            hasMore: boolean;
            pagination: components["schemas"]["Pagination"];
        };
        FileMatch: {
            path: string;
        };
        /** @description A file's content has changed. */
        FileModifiedPayload: {
            id: string;
            /** @constant */
            type: "file.modified";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
            path: string;
            changes: components["schemas"]["Changes"];
            /** @description `command`, if a command that ran in the workspace did it; left out otherwise */
            source?: string | null;
        };
        /** @description A request for a file's content. */
        FileRead: {
            sessionId: string;
            path: string;
            /**
             * @description Ask for `base64`; otherwise text is `utf-8` and anything else `base64`
             * @enum {string|null}
             */
            encoding?: "utf-8" | "base64" | null;
        };
        /** @description A file or directory that was deleted. */
        FileRemoved: {
            path: string;
            deleted: boolean;
        };
        /** @description A request to move a file or directory. */
        FileRename: {
            sessionId: string;
            path: string;
            /** @description The new path; directories above it are created */
            to: string;
            /**
             * @description Whether an existing file may be replaced
             * @default false
             */
            overwrite?: boolean;
            /** @description An `etag`, or `*`: if the file has another one, nothing is done and the answer is a conflict */
            ifMatch?: string | null;
        };
        FileRenameBody: {
            path: string;
            /** @description The new path; directories above it are created */
            to: string;
            /**
             * @description Whether an existing file may be replaced
             * @default false
             */
            overwrite?: boolean;
            /** @description An `etag`, or `*`: if the file has another one, nothing is done and the answer is a conflict */
            ifMatch?: string | null;
        };
        /** @description A file, or a directory with everything in it, has moved from `path` to `to`. */
        FileRenamedPayload: {
            id: string;
            /** @constant */
            type: "file.renamed";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
            path: string;
            to: string;
        };
        /** @description A search for files by name. */
        FileSearchRequest: {
            sessionId: string;
            /** @description A glob of file names (`*.py`), or, with a slash, of paths from the workspace's root (`src/**\/*.py`) */
            pattern: string;
            /**
             * @description The folder or file to search
             * @default /
             */
            path?: string;
            /** @description Only files that match one of these patterns, such as `*.py`; if empty, all files */
            fileTypes?: string[];
            /**
             * @description Whether to include names that begin with a dot; `.git` never is
             * @default false
             */
            includeHidden?: boolean;
            /**
             * @description Whether to include what `.gitignore` excludes
             * @default false
             */
            includeIgnored?: boolean;
            /**
             * @description The most matches; `truncated` says whether there are more
             * @default 200
             */
            limit?: number;
        };
        FileSearchRequestBody: {
            /** @description A glob of file names (`*.py`), or, with a slash, of paths from the workspace's root (`src/**\/*.py`) */
            pattern: string;
            /**
             * @description The folder or file to search
             * @default /
             */
            path?: string;
            /** @description Only files that match one of these patterns, such as `*.py`; if empty, all files */
            fileTypes?: string[];
            /**
             * @description Whether to include names that begin with a dot; `.git` never is
             * @default false
             */
            includeHidden?: boolean;
            /**
             * @description Whether to include what `.gitignore` excludes
             * @default false
             */
            includeIgnored?: boolean;
            /**
             * @description The most matches; `truncated` says whether there are more
             * @default 200
             */
            limit?: number;
        };
        /** @description A stored file; `created` says whether it is new. */
        FileStored: {
            file: components["schemas"]["FileEntry"];
            created: boolean;
        };
        /** @description A request to replace a file's content. */
        FileUpdate: {
            sessionId: string;
            path: string;
            content: string;
            /**
             * @default utf-8
             * @enum {string}
             */
            encoding?: "utf-8" | "base64";
            /** @description An `etag`, or `*`: if the file has another one, nothing is done and the answer is a conflict */
            ifMatch?: string | null;
            /** @description As `file.read` gave it; it counts as `ifMatch` */
            etag?: string | null;
            /** @description Ignored */
            size?: number | null;
            /**
             * Format: date-time
             * @description Ignored
             */
            modifiedAt?: string | null;
        };
        FileUpdateBody: {
            content: string;
            /**
             * @default utf-8
             * @enum {string}
             */
            encoding?: "utf-8" | "base64";
            /** @description An `etag`, or `*`: if the file has another one, nothing is done and the answer is a conflict */
            ifMatch?: string | null;
            /** @description As `file.read` gave it; it counts as `ifMatch` */
            etag?: string | null;
            /** @description Ignored */
            size?: number | null;
            /**
             * Format: date-time
             * @description Ignored
             */
            modifiedAt?: string | null;
        };
        /** @description A request to create a file. */
        FileWrite: {
            sessionId: string;
            path: string;
            content: string;
            /**
             * @default utf-8
             * @enum {string}
             */
            encoding?: "utf-8" | "base64";
        };
        FileWriteBody: {
            content: string;
            /**
             * @default utf-8
             * @enum {string}
             */
            encoding?: "utf-8" | "base64";
        };
        /** @description The files found, sorted by path. */
        FilesFound: {
            matches: components["schemas"]["FileMatch"][];
            truncated: boolean;
        };
        /** @description The state of the server: whether it works, and the runtime of its commands. */
        Health: {
            status: string;
            version: string;
            runtime: string;
            runtimeProblem?: string | null;
            runningTasks: number;
            activeSessions: number;
            dockerAvailable: boolean;
            /** Format: date-time */
            timestamp: string;
        };
        Identities: {
            identities: components["schemas"]["LinkedIdentity"][];
        };
        /** @description Have the person who has just signed in at a provider sign in as the caller from now on. */
        IdentityLink: {
            /** @description The provider's name in `auth.oidc.providers` */
            provider: string;
            /** @description What the sign-in has put behind `#sign-in=`; it works once */
            code: string;
            /** @description The verifier whose challenge the sign-in was started with (RFC 7636, 4.1) */
            codeVerifier: string;
        };
        IdentityLinkBody: {
            /** @description What the sign-in has put behind `#sign-in=`; it works once */
            code: string;
            /** @description The verifier whose challenge the sign-in was started with (RFC 7636, 4.1) */
            codeVerifier: string;
        };
        /** @description Nothing to say: the identities are the caller's own. */
        IdentityList: Record<string, never>;
        IdentityRef: {
            identityId: string;
        };
        IdentityShown: {
            identity: components["schemas"]["LinkedIdentity"];
        };
        /** @description The image of the session's container is being pulled; `current` of `total` bytes of a layer. */
        ImageProgressPayload: {
            id: string;
            /** @constant */
            type: "sandbox.progress";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
            image: string;
            status: string;
            layer?: string | null;
            current?: number | null;
            total?: number | null;
        };
        InboxEntry: {
            /** @enum {string} */
            kind: "approval" | "question" | "interrupted";
            sessionId: string;
            sessionName: string;
            /** @enum {string} */
            access: "owner" | "collaborator" | "watcher";
            taskId: string;
            /** @description The beginning of what the task is to do */
            taskInput: string;
            /** Format: date-time */
            since: string;
            approval?: components["schemas"]["Approval"] | null;
            question?: string | null;
            suggestions?: string[];
        };
        /** @description A request for what waits for the caller. */
        InboxList: {
            /**
             * @default all
             * @enum {string}
             */
            scope?: "mine" | "shared" | "all";
            /** @default 20 */
            limit?: number;
            /** @default 0 */
            offset?: number;
        };
        /** @description A page of what waits, the newest first. */
        InboxPage: {
            data: components["schemas"]["InboxEntry"][];
            pagination: components["schemas"]["Pagination"];
        };
        /** @description A login with an invitation, and the password to set. */
        InvitationAccept: {
            invitation: string;
            password: string;
        };
        /** @description A request to create an API key. */
        KeyCreate: {
            name: string;
            /** @description What the key may be used for, of all that its user may do */
            scopes?: ("read" | "write" | "admin")[];
            /**
             * Format: date-time
             * @description When it expires; never if left out
             */
            expiresAt?: string | null;
            /** @description Limits that override the server's, by name; null for none. Only administrators give more than they may use themselves */
            limits?: {
                [key: string]: number | null;
            } | null;
            /** @description Any text of the client's own, such as a UUID: a call that is repeated with it within a day creates nothing again and gets the first answer */
            idempotencyKey?: string | null;
        };
        /** @description A request for the caller's own API keys. */
        KeyList: Record<string, never>;
        /** @description The new key; `secret` is not shown again. */
        KeyMade: {
            key: components["schemas"]["ApiKey"];
            secret: string;
        };
        KeyRef: {
            keyId: string;
        };
        KeyShown: {
            key: components["schemas"]["ApiKey"];
        };
        Keys: {
            keys: components["schemas"]["ApiKey"][];
        };
        /** @description The signal has been sent; `success` if the process has ended, which it did at `terminationTime`. */
        KilledProcess: {
            pid: number;
            /** @enum {string} */
            signal: "SIGTERM" | "SIGKILL" | "SIGINT" | "SIGHUP" | "SIGQUIT";
            success: boolean;
            /** Format: date-time */
            terminationTime?: string | null;
        };
        LinkedIdentity: {
            id: string;
            userId: string;
            provider: string;
            issuer: string;
            subject: string;
            email?: string | null;
            /** Format: date-time */
            createdAt: string;
            /** Format: date-time */
            usedAt: string;
        };
        ListedSession: {
            id: string;
            userId: string;
            name: string;
            workspaceId: string;
            config: components["schemas"]["SessionConfig"];
            /** @enum {string} */
            status: "active" | "inactive" | "archived";
            /** Format: date-time */
            createdAt: string;
            /** Format: date-time */
            updatedAt: string;
            /** Format: date-time */
            expiresAt?: string | null;
            /** @description What a program keeps it for; a user has one session for each purpose */
            purpose?: string | null;
            /** @enum {string} */
            access: "owner" | "collaborator" | "watcher";
            /** @enum {string} */
            work: "waiting" | "running" | "failed" | "idle";
        };
        ListeningPort: {
            port: number;
            address: string;
        };
        /** @description The first events of the log have been removed; the first one that follows has the seq `first`. */
        LogCutPayload: {
            id: string;
            /** @constant */
            type: "log.cut";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
            head: number;
            first: number;
        };
        LogEntry: {
            /** Format: date-time */
            time: string;
            /** @enum {string} */
            level: "debug" | "info" | "warning" | "error";
            message: string;
            logger: string;
            sessionId?: string | null;
            taskId?: string | null;
            requestId?: string | null;
            details?: {
                [key: string]: unknown;
            };
        };
        LogFilter: {
            levels?: ("debug" | "info" | "warning" | "error")[] | null;
            /** @enum {string|null} */
            minLevel?: "debug" | "info" | "warning" | "error" | null;
            sessionId?: string | null;
            taskId?: string | null;
            text?: string | null;
        };
        /** @description A request for entries, newest first: from `since` on, before `until`, and before `cursor`. */
        LogList: {
            levels?: ("debug" | "info" | "warning" | "error")[] | null;
            /** @enum {string|null} */
            minLevel?: "debug" | "info" | "warning" | "error" | null;
            sessionId?: string | null;
            taskId?: string | null;
            text?: string | null;
            /** Format: date-time */
            since?: string | null;
            /** Format: date-time */
            until?: string | null;
            cursor?: string | null;
            /** @default 100 */
            limit?: number;
        };
        /** @description A request to log out; with `all`, everywhere. */
        LogOut: {
            /**
             * @description End all logins of the account
             * @default false
             */
            all?: boolean;
        };
        /** @description Entries, newest first. With `nextCursor` there may be older ones, also if `entries` is empty. */
        LogPage: {
            entries: components["schemas"]["LogEntry"][];
            nextCursor?: string | null;
            /** Format: date-time */
            timestamp: string;
        };
        /**
         * @description The cursor does not belong to this log: discard what is known of the session; the whole log follows.
         *
         *     `first` is the seq of its first event that is still there; absent for the events of all sessions.
         */
        LogResetPayload: {
            id: string;
            /** @constant */
            type: "log.reset";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
            head: number;
            first?: number | null;
        };
        /** @description An entry has been added to the server's log. Only sent to sockets that watch `logs`. */
        LogWrittenPayload: {
            id: string;
            /** @constant */
            type: "log.written";
            /** Format: date-time */
            timestamp: string;
            entry: components["schemas"]["LogEntry"];
        };
        LoggedOut: {
            loggedOut: boolean;
        };
        /** @description A login with an e-mail address and a password. */
        Login: {
            email: string;
            password: string;
        };
        /** @description The user who has logged in, and their tokens. */
        LoginAnswer: {
            user: components["schemas"]["User"];
            tokens: components["schemas"]["Tokens"];
        };
        LoginList: {
            /** @default 20 */
            limit?: number;
            /** @default 0 */
            offset?: number;
        };
        LoginPage: {
            data: components["schemas"]["ShownLogin"][];
            pagination: components["schemas"]["Pagination"];
        };
        LoginRef: {
            loginId: string;
        };
        /** @description A request for a session's MCP servers. */
        McpList: {
            sessionId: string;
        };
        McpPrompt: {
            name: string;
            description: string;
        };
        McpResource: {
            uri: string;
            name: string;
            description: string;
            mimeType?: string | null;
        };
        /** @description A request to restart an MCP server. */
        McpRestart: {
            sessionId: string;
            serverName: string;
        };
        /** @description An answer with the restarted server. */
        McpRestarted: {
            server: components["schemas"]["McpServerState"];
        };
        McpServer: {
            /** @enum {string|null} */
            type?: "stdio" | "streamable-http" | null;
            command?: string | null;
            args?: string[];
            env?: {
                [key: string]: string;
            };
            /** @description The folder to start it in */
            cwd?: string | null;
            url?: string | null;
            headers?: {
                [key: string]: string;
            };
            /** @default false */
            disabled?: boolean;
            /** @description Tools that need no approval */
            alwaysAllow?: string[];
            /**
             * @description Seconds that one call may take
             * @default 60
             */
            timeout?: number;
        };
        McpServerState: {
            name: string;
            /** @enum {string} */
            origin: "server" | "session" | "workspace";
            /** @enum {string} */
            status: "stopped" | "connected" | "failed" | "disabled";
            error?: string | null;
            tools?: components["schemas"]["McpTool"][];
            resources?: components["schemas"]["McpResource"][];
            prompts?: components["schemas"]["McpPrompt"][];
        };
        /** @description A session's MCP servers; `error` says what is wrong with `.roo/mcp.json`, if anything is. */
        McpServers: {
            servers: components["schemas"]["McpServerState"][];
            error?: string | null;
        };
        /** @description A server has been connected; the numbers are those of its tools, resources and prompts. */
        McpStartedPayload: {
            id: string;
            /** @constant */
            type: "mcp.started";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
            serverName: string;
            tools: number;
            resources: number;
            prompts: number;
        };
        /** @description A server is no longer connected; `error` is left out if it was stopped deliberately. */
        McpStoppedPayload: {
            id: string;
            /** @constant */
            type: "mcp.stopped";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
            serverName: string;
            error?: string | null;
        };
        McpTool: {
            name: string;
            description: string;
            inputSchema: {
                [key: string]: unknown;
            };
        };
        /**
         * @description The nearest pieces, the best first.
         *
         *     `files` is the number of files that were searched, `waiting` of those that are new or have changed and are
         *     still being read. `truncated` says that there are files beyond what is searched.
         */
        MeaningFound: {
            matches: components["schemas"]["MeaningMatch"][];
            files: number;
            waiting: number;
            truncated: boolean;
        };
        MeaningMatch: {
            path: string;
            startLine: number;
            endLine: number;
            score: number;
            content: string;
        };
        /** @description A search by meaning: `query` says what is looked for, as a sentence or words. */
        MeaningSearchRequest: {
            sessionId: string;
            query: string;
            /**
             * @description The folder to search
             * @default /
             */
            path?: string;
            /** @default 10 */
            limit?: number;
        };
        MeaningSearchRequestBody: {
            query: string;
            /**
             * @description The folder to search
             * @default /
             */
            path?: string;
            /** @default 10 */
            limit?: number;
        };
        Message: {
            id: string;
            taskId: string;
            ts: number;
            /** @enum {string} */
            type: "ask" | "say";
            ask?: string | null;
            say?: string | null;
            text?: string | null;
            images?: string[];
            /** Format: date-time */
            createdAt: string;
        };
        /** @description An answer with one message. */
        MessageAnswer: {
            message: components["schemas"]["Message"];
        };
        /**
         * @description A message of the task is complete and stored.
         *
         *     The first message of a task is its input, written by a person.
         */
        MessageCreatedPayload: {
            id: string;
            /** @constant */
            type: "message.created";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
            message: components["schemas"]["Message"];
            /**
             * @default agent
             * @enum {string}
             */
            author?: "agent" | "person";
        };
        /** @description A piece of a message that is being written; the complete message follows as `message.created`. */
        MessageDeltaPayload: {
            id: string;
            /** @constant */
            type: "message.delta";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
            messageId: string;
            text: string;
            /** @default 0 */
            ts?: number;
            /** @default text */
            say?: string;
            /**
             * @description Characters of the message before this piece
             * @default 0
             */
            position?: number;
        };
        /** @description A message that was being written will not be completed: its request broke off, or its call failed. */
        MessageDiscardedPayload: {
            id: string;
            /** @constant */
            type: "message.discarded";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
            messageId: string;
            ts: number;
        };
        /** @description A request for a task's messages. */
        MessageList: {
            sessionId: string;
            taskId: string;
            /** @default 100 */
            limit?: number;
            /** @default 0 */
            offset?: number;
        };
        /** @description A page of messages, oldest first. */
        MessagePage: {
            data: components["schemas"]["Message"][];
            pagination: components["schemas"]["Pagination"];
        };
        Mode: {
            /** @description Letters, digits and dashes */
            slug: string;
            name: string;
            roleDefinition: string;
            groups?: components["schemas"]["ModeGroup"][];
            whenToUse?: string | null;
            description?: string | null;
            customInstructions?: string | null;
            /** @default built-in */
            source?: string;
        };
        /** @description The modes of a session; `problem` says what is wrong with its `.roomodes`, if anything is. */
        ModeCatalogue: {
            modes: components["schemas"]["Mode"][];
            problem?: string | null;
        };
        ModeGroup: {
            name: string;
            fileRegex?: string | null;
            description?: string | null;
        };
        /** @description A request for a session's modes. */
        ModeList: {
            sessionId: string;
        };
        /** @description The agent of a task has switched to another mode. */
        ModeSwitchedPayload: {
            id: string;
            /** @constant */
            type: "mode.switched";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
            mode: string;
            /** @default  */
            reason?: string;
        };
        /**
         * @description All providers by name, and what a new session of the caller uses if it names neither.
         *
         *     `default` is left out if no provider could be used: tasks would fail.
         */
        ModelCatalogue: {
            providers: components["schemas"]["OfferedProvider"][];
            default?: components["schemas"]["ModelChoice"] | null;
        };
        ModelChoice: {
            provider: string;
            model: string;
        };
        /** @description A request for the providers and models that the caller's sessions can name. */
        ModelList: Record<string, never>;
        ModelPrices: {
            input: number;
            output: number;
            cacheRead: number;
            cacheWrite: number;
        };
        ModelReview: {
            /** @description The session's, if left out */
            provider?: string | null;
            /** @description The session's, if both are left out; the provider's default, if `provider` is named alone */
            model?: string | null;
            /** @description What it is to decide by */
            instructions?: string | null;
            /**
             * @description Seconds that it may take
             * @default 60
             */
            within?: number;
            /**
             * @description What happens if it fails, is too slow, or does not decide
             * @default refuse
             * @enum {string}
             */
            otherwise?: "refuse" | "fail";
        };
        NetworkStats: {
            bytesSent: number;
            bytesRecv: number;
            packetsSent: number;
            packetsRecv: number;
        };
        /** @description A request without parameters. */
        Nothing: Record<string, never>;
        NotificationChange: {
            taskCompleted?: boolean | null;
            taskFailed?: boolean | null;
            approvalRequired?: boolean | null;
        };
        NotificationSettings: {
            /** @default true */
            taskCompleted?: boolean;
            /** @default true */
            taskFailed?: boolean;
            /** @default true */
            approvalRequired?: boolean;
        };
        /** @description A login with the code that an OAuth provider sent to the client's redirect address. */
        OAuthLogin: {
            /** @enum {string} */
            provider: "google" | "github" | "microsoft";
            code: string;
            redirectUri: string;
            /** @description The verifier, if the code was requested with PKCE (RFC 7636) */
            codeVerifier?: string | null;
        };
        OAuthLoginBody: {
            code: string;
            redirectUri: string;
            /** @description The verifier, if the code was requested with PKCE (RFC 7636) */
            codeVerifier?: string | null;
        };
        OfferedModel: {
            id: string;
            /** @description Whether `auto` means it at this provider */
            isDefault: boolean;
            contextWindow?: number | null;
            maxOutput?: number | null;
            takesImages?: boolean | null;
            prices?: components["schemas"]["ModelPrices"] | null;
        };
        OfferedPlaybook: {
            name: string;
            description: string;
            match: string[];
            /** @description How many steps it has */
            steps: number;
        };
        OfferedProvider: {
            name: string;
            /** @description Whether `auto` means it */
            isDefault: boolean;
            isUsable: boolean;
            needsCredential: boolean;
            hasCredential: boolean;
            profile?: string | null;
            problem?: components["schemas"]["ProviderProblem"] | null;
            models: components["schemas"]["OfferedModel"][];
        };
        /** @description Log in with the code that a sign-in has ended with. */
        OpenIdLogin: {
            /** @description The provider's name in `auth.oidc.providers` */
            provider: string;
            /** @description What the sign-in has put behind `#sign-in=`; it works once */
            code: string;
            /** @description The verifier whose challenge the sign-in was started with (RFC 7636, 4.1) */
            codeVerifier: string;
        };
        OpenIdLoginBody: {
            /** @description What the sign-in has put behind `#sign-in=`; it works once */
            code: string;
            /** @description The verifier whose challenge the sign-in was started with (RFC 7636, 4.1) */
            codeVerifier: string;
        };
        OperationPerformance: {
            operation: string;
            requests: number;
            errors: number;
            responseTimes: components["schemas"]["ResponseTimes"];
        };
        /**
         * @description Whether this socket follows the sessions of a scope, which of their events, and after which cursor.
         *
         *     `reset` means that the cursor was none of this server's, and that everything follows.
         */
        Overview: {
            following: boolean;
            /** @enum {string|null} */
            scope?: "mine" | "shared" | "all" | null;
            types?: string[];
            cursor?: string | null;
            reset?: boolean | null;
        };
        Pagination: {
            total: number;
            limit: number;
            offset: number;
            hasMore: boolean;
            nextOffset?: number | null;
        };
        /** @description A change of the caller's own password. */
        PasswordChange: {
            currentPassword: string;
            newPassword: string;
            /**
             * @description End all other logins of the account; API keys remain valid
             * @default true
             */
            endOtherLogins?: boolean;
        };
        PasswordChanged: {
            changed: boolean;
        };
        /**
         * @description All calls of all callers at all doors since `since`, which is the start of a measured period.
         *
         *     `operations` are those that took most time, the longest first.
         */
        Performance: {
            /** @enum {string} */
            timeRange: "1m" | "5m" | "15m" | "30m" | "1h" | "6h" | "12h" | "24h";
            /** Format: date-time */
            since: string;
            responseTimes: components["schemas"]["ResponseTimes"];
            throughput: components["schemas"]["Throughput"];
            errorRates: components["schemas"]["ErrorRates"];
            resourceUsage: components["schemas"]["ResourceTrends"];
            operations: components["schemas"]["OperationPerformance"][];
            /** Format: date-time */
            timestamp: string;
        };
        /** @description A request for the performance over a range of time up to now. */
        PerformanceQuery: {
            /**
             * @default 1h
             * @enum {string}
             */
            timeRange?: "1m" | "5m" | "15m" | "30m" | "1h" | "6h" | "12h" | "24h";
        };
        /** @description A request for the playbooks that a session can name as its model. */
        PlaybookList: Record<string, never>;
        /**
         * @description The playbooks in the order in which their phrases are looked for.
         *
         *     `default` is the one that is played if no phrase occurs.
         */
        Playbooks: {
            playbooks: components["schemas"]["OfferedPlaybook"][];
            default: string;
        };
        PreferencesChange: {
            /** @enum {string|null} */
            theme?: "light" | "dark" | "auto" | null;
            language?: string | null;
            notifications?: components["schemas"]["NotificationChange"] | null;
            defaultProvider?: string | null;
            defaultModel?: string | null;
        };
        Process: {
            pid: number;
            command: string;
            cwd: string;
            /** @enum {string} */
            status: "running" | "exited" | "stopped" | "failed";
            log: string;
            /** Format: date-time */
            startedAt: string;
            ports?: number[];
            listeners?: components["schemas"]["ListeningPort"][];
            exitCode?: number | null;
            error?: string | null;
            /** Format: date-time */
            endedAt?: string | null;
        };
        /** @description An answer with one process. */
        ProcessAnswer: {
            process: components["schemas"]["Process"];
        };
        /** @description A process has ended, for whatever reason. */
        ProcessEndedPayload: {
            id: string;
            /** @constant */
            type: "process.ended";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
            process: components["schemas"]["Process"];
        };
        /** @description A request for a session's processes. */
        ProcessList: {
            sessionId: string;
        };
        /**
         * @description The last lines of a process's output, both streams in order.
         *
         *     `position` counts all characters that it has printed: a client continues with the `process.output` of this
         *     position.
         */
        ProcessLog: {
            pid: number;
            logs: string;
            position: number;
        };
        /** @description A request for the last output of a process. */
        ProcessLogs: {
            sessionId: string;
            pid: number;
            /** @default 50 */
            lines?: number;
        };
        /** @description Output of a process: a line, part of one, or several that arrived at once. */
        ProcessOutputPayload: {
            id: string;
            /** @constant */
            type: "process.output";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
            pid: number;
            stream: string;
            text: string;
            /** @description Characters that it printed before this */
            position: number;
        };
        /** @description A reference to a process. */
        ProcessRef: {
            sessionId: string;
            pid: number;
        };
        /** @description A request to start a process. */
        ProcessStart: {
            sessionId: string;
            /** @description A command line for `sh -c` */
            command: string;
            /** @default  */
            cwd?: string;
            /** @description Any text of the client's own, such as a UUID: a call that is repeated with it within a day creates nothing again and gets the first answer */
            idempotencyKey?: string | null;
        };
        ProcessStartBody: {
            /** @description A command line for `sh -c` */
            command: string;
            /** @default  */
            cwd?: string;
            /** @description Any text of the client's own, such as a UUID: a call that is repeated with it within a day creates nothing again and gets the first answer */
            idempotencyKey?: string | null;
        };
        /** @description A process has started. */
        ProcessStartedPayload: {
            id: string;
            /** @constant */
            type: "process.started";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
            process: components["schemas"]["Process"];
        };
        /** @description A request to stop a process: with `force` at once, otherwise after a few seconds' grace. */
        ProcessStop: {
            sessionId: string;
            pid: number;
            /** @default false */
            force?: boolean;
        };
        ProcessStopBody: {
            /** @default false */
            force?: boolean;
        };
        /** @description A session's processes, oldest first. */
        Processes: {
            processes: components["schemas"]["Process"][];
        };
        Profile: {
            id: string;
            name: string;
            provider: string;
            model: string;
            baseUrl?: string | null;
            hasKey: boolean;
            isActive: boolean;
            /** Format: date-time */
            createdAt: string;
            /** Format: date-time */
            updatedAt: string;
        };
        /**
         * @description The caller's own user data, and all that they may: what their roles grant, as far as the credential
         *     reaches.
         */
        ProfileAnswer: {
            user: components["schemas"]["User"];
            permissions: ("session:read" | "session:write" | "session:share" | "session:leave" | "task:read" | "task:write" | "task:steer" | "file:read" | "file:write" | "tool:read" | "tool:execute" | "approval:read" | "approval:respond" | "event:read" | "webhook:read" | "webhook:write" | "monitoring:read" | "profile:write" | "account:read" | "account:write" | "user:read" | "user:write" | "audit:read")[];
        };
        /** @description A request to create a profile. */
        ProfileCreate: {
            name: string;
            /** @enum {string} */
            provider: "anthropic" | "openai" | "gemini" | "ollama" | "scripted";
            /** @default auto */
            model?: string;
            /**
             * @description Empty: the provider's own address
             * @default
             */
            baseUrl?: string;
            /**
             * @description Stored encrypted, never shown again
             * @default
             */
            apiKey?: string;
            /** @default true */
            activate?: boolean;
            /** @description Any text of the client's own, such as a UUID: a call that is repeated with it within a day creates nothing again and gets the first answer */
            idempotencyKey?: string | null;
        };
        ProfileFields: {
            name?: string;
            /** @enum {string} */
            provider?: "anthropic" | "openai" | "gemini" | "ollama" | "scripted";
            model?: string | null;
            /** @description Empty: the provider's own address */
            baseUrl?: string | null;
            /** @description Stored encrypted, never shown again */
            apiKey?: string | null;
            /** @description May be sent, but not changed */
            id?: string | null;
            /** @description May be sent, but not changed */
            isActive?: boolean | null;
            /** @description Ignored */
            hasKey?: boolean | null;
            /**
             * Format: date-time
             * @description Ignored
             */
            createdAt?: string | null;
            /**
             * Format: date-time
             * @description Ignored
             */
            updatedAt?: string | null;
        };
        /** @description A request for the caller's own profiles. */
        ProfileList: Record<string, never>;
        /** @description A reference to a profile. */
        ProfileRef: {
            profileId: string;
        };
        /** @description A deleted profile. */
        ProfileRemoved: {
            profileId: string;
            deleted: boolean;
        };
        /** @description A request for the caller's own user data. */
        ProfileRequest: Record<string, never>;
        /** @description An answer with one profile. */
        ProfileShown: {
            profile: components["schemas"]["Profile"];
        };
        /** @description A change of a profile: its fields, or `profile` as in the answer of `profile.get`. */
        ProfileUpdate: {
            name?: string;
            /** @enum {string} */
            provider?: "anthropic" | "openai" | "gemini" | "ollama" | "scripted";
            model?: string | null;
            /** @description Empty: the provider's own address */
            baseUrl?: string | null;
            /** @description Stored encrypted, never shown again */
            apiKey?: string | null;
            /** @description May be sent, but not changed */
            id?: string | null;
            /** @description May be sent, but not changed */
            isActive?: boolean | null;
            /** @description Ignored */
            hasKey?: boolean | null;
            /**
             * Format: date-time
             * @description Ignored
             */
            createdAt?: string | null;
            /**
             * Format: date-time
             * @description Ignored
             */
            updatedAt?: string | null;
            profileId: string;
            profile?: components["schemas"]["ProfileFields"] | null;
        };
        ProfileUpdateBody: {
            name?: string;
            /** @enum {string} */
            provider?: "anthropic" | "openai" | "gemini" | "ollama" | "scripted";
            model?: string | null;
            /** @description Empty: the provider's own address */
            baseUrl?: string | null;
            /** @description Stored encrypted, never shown again */
            apiKey?: string | null;
            /** @description May be sent, but not changed */
            id?: string | null;
            /** @description May be sent, but not changed */
            isActive?: boolean | null;
            /** @description Ignored */
            hasKey?: boolean | null;
            /**
             * Format: date-time
             * @description Ignored
             */
            createdAt?: string | null;
            /**
             * Format: date-time
             * @description Ignored
             */
            updatedAt?: string | null;
            profile?: components["schemas"]["ProfileFields"] | null;
        };
        /** @description The caller's profiles, sorted by name. */
        Profiles: {
            profiles: components["schemas"]["Profile"][];
        };
        ProviderProblem: {
            code: string;
            message: string;
        };
        /** @description A refresh token to exchange for new tokens. */
        Refresh: {
            refreshToken: string;
        };
        /** @description The new tokens. */
        RefreshAnswer: {
            tokens: components["schemas"]["Tokens"];
        };
        /** @description A new access token or API key for this connection. */
        Renew: {
            token: string;
        };
        /** @description The connection continues; `expiresAt` is left out if the credential does not expire. */
        Renewed: {
            /** Format: date-time */
            expiresAt?: string | null;
        };
        /** @description A request to fill the workspace from a git repository. */
        RepositoryClone: {
            sessionId: string;
            /** @description `https://…` or `http://…`, without credentials */
            url: string;
            /** @description A branch or a tag; the repository's own default if left out */
            ref?: string | null;
            /** @description How many commits to fetch; all if left out */
            depth?: number | null;
            /** @description For a private repository; it is not stored */
            token?: string | null;
            /**
             * @description Whether the workspace's present content may be replaced
             * @default false
             */
            replace?: boolean;
        };
        RepositoryCloneBody: {
            /** @description `https://…` or `http://…`, without credentials */
            url: string;
            /** @description A branch or a tag; the repository's own default if left out */
            ref?: string | null;
            /** @description How many commits to fetch; all if left out */
            depth?: number | null;
            /** @description For a private repository; it is not stored */
            token?: string | null;
            /**
             * @description Whether the workspace's present content may be replaced
             * @default false
             */
            replace?: boolean;
        };
        /**
         * @description A cloned repository.
         *
         *     `files` counts files and links, without `.git`; `commit` is null if there is none yet.
         */
        RepositoryCloned: {
            url: string;
            commit?: string | null;
            branch?: string | null;
            files: number;
            size: number;
        };
        ResourceLimits: {
            /** @default 512 */
            maxMemoryMB?: number;
            /**
             * @description Share of one processor
             * @default 100
             */
            maxCpuPercent?: number;
            /** @default 1024 */
            maxDiskMB?: number;
            /**
             * @description Seconds that one command may take
             * @default 300
             */
            maxExecutionTime?: number;
            /** @default 128 */
            maxProcesses?: number;
            /** @default 256 */
            maxFileSizeMB?: number;
        };
        ResourceLimitsChange: {
            maxMemoryMB?: number | null;
            maxCpuPercent?: number | null;
            maxDiskMB?: number | null;
            maxExecutionTime?: number | null;
            maxProcesses?: number | null;
            maxFileSizeMB?: number | null;
        };
        ResourceTrends: {
            cpuTrend: number[];
            memoryTrend: number[];
            timestamps: string[];
        };
        ResourceUsage: {
            memory: number;
            cpu: number;
        };
        ResponseTimes: {
            average?: number | null;
            min?: number | null;
            max?: number | null;
            p95?: number | null;
            p99?: number | null;
        };
        /** @description The task as it is now, and the files that changed. */
        RewindAnswer: {
            task: components["schemas"]["Task"];
            files?: components["schemas"]["ChangedFile"][];
        };
        /** @description A request for the caller's standing rules. */
        RuleList: {
            /** @default 100 */
            limit?: number;
            /** @default 0 */
            offset?: number;
        };
        /** @description A page of standing rules, in the order in which they apply: the last that matches decides. */
        RulePage: {
            data: components["schemas"]["StandingRule"][];
            pagination: components["schemas"]["Pagination"];
        };
        /** @description A reference to a standing rule. */
        RuleRef: {
            ruleId: string;
        };
        /** @description A rule that was taken back. */
        RuleRemoved: {
            ruleId: string;
            deleted: boolean;
        };
        Sandbox: {
            runtime: string;
            id: string;
            path: string;
            status: string;
            limits: {
                [key: string]: string;
            };
        };
        /** @description An answer with the session's sandbox. */
        SandboxAnswer: {
            sandbox: components["schemas"]["Sandbox"];
        };
        SeenProcess: {
            pid: number;
            name: string;
            cmdline: string;
            /** @enum {string} */
            status: "running" | "stopped" | "zombie";
            cpuPercent: number;
            memoryPercent: number;
            memoryRss: number;
            /** Format: date-time */
            createTime: string;
            /** @enum {string} */
            type: "opencode" | "claude" | "claude-desktop" | "codex" | "gemini" | "roo" | "roocode" | "command" | "sandbox" | "server" | "system";
            sessionId?: string | null;
            taskId?: string | null;
            workingDir?: string | null;
        };
        Session: {
            id: string;
            userId: string;
            name: string;
            workspaceId: string;
            config: components["schemas"]["SessionConfig"];
            /** @enum {string} */
            status: "active" | "inactive" | "archived";
            /** Format: date-time */
            createdAt: string;
            /** Format: date-time */
            updatedAt: string;
            /** Format: date-time */
            expiresAt?: string | null;
            /** @description What a program keeps it for; a user has one session for each purpose */
            purpose?: string | null;
        };
        /** @description An answer with one session. */
        SessionAnswer: {
            session: components["schemas"]["CallersSession"];
        };
        SessionConfig: {
            provider: string;
            model: string;
            mode: string;
            /** @description Command prefixes that may run; `*` allows all */
            allowedCommands: string[];
            resourceLimits: components["schemas"]["ResourceLimits"];
            maxTokens?: number | null;
            temperature?: number | null;
            /** @default false */
            network?: boolean;
            approvals?: components["schemas"]["ApprovalRule"][];
            autoApproval?: components["schemas"]["AutoApproval"];
            customInstructions?: string | null;
            agent?: components["schemas"]["Agent"];
            /**
             * @description How much a reasoning model should think
             * @enum {string|null}
             */
            effort?: "low" | "medium" | "high" | null;
            mcpServers?: {
                [key: string]: components["schemas"]["McpServer"];
            };
            /** @description The similarity, from 0 to 1, that apply_diff requires; 1 unless set */
            fuzzyMatchThreshold?: number | null;
            /**
             * @description Nobody is there to answer: what needs approval is refused at once, and the agent continues
             * @default false
             */
            unattended?: boolean;
            /** @description What happens, for each kind of question, when nobody answers */
            unattendedPolicy?: components["schemas"]["UnattendedPolicy"];
            /**
             * @description How many of its tasks may run at once
             * @default 1
             */
            concurrentTasks?: number;
        };
        SessionConfigChange: {
            provider?: string | null;
            model?: string | null;
            mode?: string | null;
            allowedCommands?: string[] | null;
            resourceLimits?: components["schemas"]["ResourceLimitsChange"] | null;
            maxTokens?: number | null;
            temperature?: number | null;
            network?: boolean | null;
            approvals?: components["schemas"]["ApprovalRule"][] | null;
            /** @description Replaces the settings for automatic approval as a whole */
            autoApproval?: components["schemas"]["AutoApproval"] | null;
            customInstructions?: string | null;
            agent?: components["schemas"]["Agent"] | null;
            /** @enum {string|null} */
            effort?: "low" | "medium" | "high" | null;
            mcpServers?: {
                [key: string]: components["schemas"]["McpServer"];
            } | null;
            fuzzyMatchThreshold?: number | null;
            unattended?: boolean | null;
            /** @description Replaces what happens to unanswered questions as a whole */
            unattendedPolicy?: components["schemas"]["UnattendedPolicy"] | null;
            concurrentTasks?: number | null;
        };
        /** @description A request to create a session. */
        SessionCreate: {
            /** @default Untitled session */
            name?: string;
            config?: components["schemas"]["SessionConfigChange"];
            /**
             * Format: date-time
             * @description A time in the future
             */
            expiresAt?: string | null;
            /** @description Any text of the client's own, such as a UUID: a call that is repeated with it within a day creates nothing again and gets the first answer */
            idempotencyKey?: string | null;
        };
        /** @description The new session and its workspace. */
        SessionCreated: {
            session: components["schemas"]["CallersSession"];
            workspace: components["schemas"]["WorkspaceLocation"];
        };
        /** @description A session has been created and its workspace is ready. */
        SessionCreatedEventPayload: {
            id: string;
            /** @constant */
            type: "session.created";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
            session: components["schemas"]["Session"];
        };
        /** @description The session is about to be deleted; this is the last event of its log. */
        SessionDeletedEventPayload: {
            id: string;
            /** @constant */
            type: "session.deleted";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
        };
        /** @description A request for the caller's session for a purpose; the other fields are those of a new one. */
        SessionEnsure: {
            /** @default Untitled session */
            name?: string;
            config?: components["schemas"]["SessionConfigChange"];
            /**
             * Format: date-time
             * @description A time in the future
             */
            expiresAt?: string | null;
            purpose: string;
        };
        SessionEnsureBody: {
            /** @default Untitled session */
            name?: string;
            config?: components["schemas"]["SessionConfigChange"];
            /**
             * Format: date-time
             * @description A time in the future
             */
            expiresAt?: string | null;
        };
        /** @description The session for the purpose; `created` if there was none. */
        SessionEnsured: {
            session: components["schemas"]["CallersSession"];
            workspace: components["schemas"]["WorkspaceLocation"];
            created: boolean;
        };
        /** @description The session has reached its `expiresAt`: it is `inactive` now, and what runs in it is stopped. */
        SessionExpiredPayload: {
            id: string;
            /** @constant */
            type: "session.expired";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
        };
        SessionFields: {
            name?: string | null;
            config?: components["schemas"]["SessionConfigChange"] | null;
            /** @enum {string|null} */
            status?: "active" | "inactive" | "archived" | null;
            /**
             * Format: date-time
             * @description A time in the future; null: never
             */
            expiresAt?: string | null;
            /** @description May be sent, but not changed */
            id?: string | null;
            /** @description May be sent, but not changed */
            userId?: string | null;
            /** @description May be sent, but not changed */
            workspaceId?: string | null;
            /**
             * Format: date-time
             * @description May be sent, but not changed
             */
            createdAt?: string | null;
            /**
             * Format: date-time
             * @description Ignored
             */
            updatedAt?: string | null;
            /**
             * @description Ignored
             * @enum {string|null}
             */
            access?: "owner" | "collaborator" | "watcher" | null;
            /** @description Ignored */
            purpose?: string | null;
        };
        /** @description A request to copy a session with everything in it. */
        SessionFork: {
            sessionId: string;
            /** @description The name of the copy; that of the session unless given */
            name?: string | null;
            /** @description Any text of the client's own, such as a UUID: a call that is repeated with it within a day creates nothing again and gets the first answer */
            idempotencyKey?: string | null;
        };
        SessionForkBody: {
            /** @description The name of the copy; that of the session unless given */
            name?: string | null;
            /** @description Any text of the client's own, such as a UUID: a call that is repeated with it within a day creates nothing again and gets the first answer */
            idempotencyKey?: string | null;
        };
        /** @description The session is a copy of another one: what the log has up to `sourceSeq` happened there. */
        SessionForkedPayload: {
            id: string;
            /** @constant */
            type: "session.forked";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
            sourceSessionId: string;
            sourceSeq: number;
        };
        /** @description The session was made of an archive: what the log has up to `sourceSeq` is what the archive says. */
        SessionImportedPayload: {
            id: string;
            /** @constant */
            type: "session.imported";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
            sourceSessionId: string;
            sourceSeq: number;
            exportedAt: string;
            serverVersion: string;
        };
        /** @description A request for the caller's sessions. */
        SessionList: {
            /** @enum {string|null} */
            status?: "active" | "inactive" | "archived" | null;
            /**
             * @default all
             * @enum {string}
             */
            scope?: "mine" | "shared" | "all";
            purpose?: string | null;
            /** @default 20 */
            limit?: number;
            /** @default 0 */
            offset?: number;
        };
        SessionOwner: {
            userId: string;
            email: string;
            name: string;
        };
        /** @description A page of sessions; `data` and `pagination` repeat it in the form of S0's "Pagination". */
        SessionPage: {
            sessions: components["schemas"]["ListedSession"][];
            total: number;
            hasMore: boolean;
            data: components["schemas"]["ListedSession"][];
            pagination: components["schemas"]["Pagination"];
        };
        /** @description A reference to a session. */
        SessionRef: {
            sessionId: string;
        };
        /** @description The session has been deleted, with its workspace, tasks and events. */
        SessionRemoved: {
            sessionId: string;
            deleted: boolean;
        };
        /** @description Share a session with somebody, or give them another access. */
        SessionShare: {
            sessionId: string;
            /** @description Their e-mail address or their id */
            user: string;
            /** @enum {string} */
            access: "collaborator" | "watcher";
        };
        SessionShareBody: {
            /** @description Their e-mail address or their id */
            user: string;
            /** @enum {string} */
            access: "collaborator" | "watcher";
        };
        /** @description The session is shared with this user from now on, or with another access than before. */
        SessionSharedPayload: {
            id: string;
            /** @constant */
            type: "session.shared";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
            userId: string;
            /** @enum {string} */
            access: "collaborator" | "watcher";
            sharedBy: string;
        };
        /** @description Share a session no longer with somebody. */
        SessionUnshare: {
            sessionId: string;
            userId: string;
        };
        /** @description The session is not shared with this user any more. */
        SessionUnsharedPayload: {
            id: string;
            /** @constant */
            type: "session.unshared";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
            userId: string;
        };
        /** @description A change of a session: its fields, or `session` as in the answer of `session.get`. */
        SessionUpdate: {
            name?: string | null;
            config?: components["schemas"]["SessionConfigChange"] | null;
            /** @enum {string|null} */
            status?: "active" | "inactive" | "archived" | null;
            /**
             * Format: date-time
             * @description A time in the future; null: never
             */
            expiresAt?: string | null;
            /** @description May be sent, but not changed */
            id?: string | null;
            /** @description May be sent, but not changed */
            userId?: string | null;
            /** @description May be sent, but not changed */
            workspaceId?: string | null;
            /**
             * Format: date-time
             * @description May be sent, but not changed
             */
            createdAt?: string | null;
            /**
             * Format: date-time
             * @description Ignored
             */
            updatedAt?: string | null;
            /**
             * @description Ignored
             * @enum {string|null}
             */
            access?: "owner" | "collaborator" | "watcher" | null;
            /** @description Ignored */
            purpose?: string | null;
            sessionId: string;
            session?: components["schemas"]["SessionFields"] | null;
        };
        SessionUpdateBody: {
            name?: string | null;
            config?: components["schemas"]["SessionConfigChange"] | null;
            /** @enum {string|null} */
            status?: "active" | "inactive" | "archived" | null;
            /**
             * Format: date-time
             * @description A time in the future; null: never
             */
            expiresAt?: string | null;
            /** @description May be sent, but not changed */
            id?: string | null;
            /** @description May be sent, but not changed */
            userId?: string | null;
            /** @description May be sent, but not changed */
            workspaceId?: string | null;
            /**
             * Format: date-time
             * @description May be sent, but not changed
             */
            createdAt?: string | null;
            /**
             * Format: date-time
             * @description Ignored
             */
            updatedAt?: string | null;
            /**
             * @description Ignored
             * @enum {string|null}
             */
            access?: "owner" | "collaborator" | "watcher" | null;
            /** @description Ignored */
            purpose?: string | null;
            session?: components["schemas"]["SessionFields"] | null;
        };
        /** @description A session's name, status or configuration has changed; `changed` names the fields (`config.mode`). */
        SessionUpdatedEventPayload: {
            id: string;
            /** @constant */
            type: "session.updated";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
            session: components["schemas"]["Session"];
            changed?: string[];
        };
        Share: {
            userId: string;
            email: string;
            name: string;
            /** @enum {string} */
            access: "collaborator" | "watcher";
            /** Format: date-time */
            createdAt: string;
        };
        /** @description An answer with one share. */
        ShareAnswer: {
            share: components["schemas"]["Share"];
        };
        /** @description The session is not shared with this user any more. */
        ShareRemoved: {
            sessionId: string;
            userId: string;
            removed: boolean;
        };
        /** @description Whose session it is, and with whom it is shared, in the order in which they came. */
        Shares: {
            owner: components["schemas"]["SessionOwner"];
            shares: components["schemas"]["Share"][];
        };
        /** @description A command line to run; with `tty`, in a terminal. */
        ShellExec: {
            sessionId: string;
            cmd: string;
            /** @default false */
            tty?: boolean;
            /** @default  */
            cwd?: string;
            /** @description Seconds after which it is stopped */
            timeout?: number | null;
        };
        ShellExecBody: {
            cmd: string;
            /** @default false */
            tty?: boolean;
            /** @default  */
            cwd?: string;
            /** @description Seconds after which it is stopped */
            timeout?: number | null;
        };
        /** @description The result of a command line: its output, without the middle if it is long. */
        ShellExecuted: {
            command: string;
            output: string;
            exitCode: number;
            stoppedBy?: string | null;
            /** @description Milliseconds */
            executionTime: number;
            /** Format: date-time */
            timestamp: string;
        };
        ShownLogin: {
            id: string;
            source: string;
            /** Format: date-time */
            createdAt: string;
            /** Format: date-time */
            usedAt: string;
            isCurrent: boolean;
        };
        SignInProvider: {
            name: string;
            label: string;
            startUrl: string;
        };
        /** @description Nothing to say: everybody may know where one can sign in. */
        SignInProviderList: Record<string, never>;
        SignInProviders: {
            providers: components["schemas"]["SignInProvider"][];
        };
        /** @description A request for the modes of all sessions. */
        StandingModeList: Record<string, never>;
        /** @description The modes of every session; `default` is the one in which those begin that name none. */
        StandingModes: {
            modes: components["schemas"]["Mode"][];
            default: string;
        };
        StandingRule: {
            id: string;
            rule: components["schemas"]["ApprovalRule"];
            /** Format: date-time */
            createdAt: string;
        };
        /**
         * @description Whether this socket follows the session, and the last seq of its log at this moment, with its id.
         *
         *     `reset` means that the cursor did not belong to this log, or that events after it have been removed, and
         *     that the whole log follows.
         */
        Subscription: {
            sessionId: string;
            following: boolean;
            head: number;
            lastEventId?: string | null;
            reset?: boolean | null;
        };
        /** @description The agent programs that the caller may see, oldest first. */
        SystemAgents: {
            agents: components["schemas"]["AgentProgram"][];
            /** Format: date-time */
            timestamp: string;
        };
        /** @description A request to end one process, by the machine's number for it. */
        SystemKill: {
            pid: number;
            /**
             * @default SIGTERM
             * @enum {string}
             */
            signal?: "SIGTERM" | "SIGKILL" | "SIGINT" | "SIGHUP" | "SIGQUIT";
        };
        SystemKillBody: {
            /**
             * @default SIGTERM
             * @enum {string}
             */
            signal?: "SIGTERM" | "SIGKILL" | "SIGINT" | "SIGHUP" | "SIGQUIT";
        };
        SystemLoad: {
            load1: number;
            load5: number;
            load15: number;
        };
        /** @description A request for the processes that the caller may see; the most active ones come first. */
        SystemProcessList: {
            /** @enum {string|null} */
            type?: "opencode" | "claude" | "claude-desktop" | "codex" | "gemini" | "roo" | "roocode" | "command" | "sandbox" | "server" | "system" | null;
            /** @enum {string|null} */
            status?: "running" | "stopped" | "zombie" | null;
            sessionId?: string | null;
            /** @default 100 */
            limit?: number;
        };
        /** @description Processes that the caller may see; `totalCount` counts all that the request selects. */
        SystemProcesses: {
            processes: components["schemas"]["SeenProcess"][];
            totalCount: number;
            systemLoad: components["schemas"]["SystemLoad"];
            /** Format: date-time */
            timestamp: string;
        };
        /**
         * @description Resources of the whole machine: usage in percent, sizes in bytes.
         *
         *     `cpuUsage` is the mean since the previous measurement. `claudeProcesses` counts agent programs.
         */
        SystemResources: {
            cpuUsage: number;
            memoryUsage: number;
            memoryUsed: number;
            memoryTotal: number;
            diskUsage: number;
            diskUsed: number;
            diskTotal: number;
            networkStats: components["schemas"]["NetworkStats"];
            systemLoad: components["schemas"]["SystemLoad"];
            activeProcesses: number;
            claudeProcesses: number;
            /** Format: date-time */
            timestamp: string;
        };
        /** @description The machine's resources have been measured. Only sent to sockets that watch `resources`. */
        SystemSampledPayload: {
            id: string;
            /** @constant */
            type: "system.sampled";
            /** Format: date-time */
            timestamp: string;
            resources: components["schemas"]["SystemResources"];
        };
        /** @description Watch these channels no longer on this socket; all, if none is named. */
        SystemUnwatch: {
            channels?: ("resources" | "logs")[] | null;
        };
        /** @description Watch these channels on this socket, in addition to those it watches already. */
        SystemWatch: {
            channels: ("resources" | "logs")[];
            filters?: components["schemas"]["WatchFilters"];
        };
        Task: {
            id: string;
            sessionId: string;
            input: string;
            /** @enum {string} */
            status: "pending" | "running" | "completed" | "failed" | "cancelled";
            /** @enum {string} */
            activity: "queued" | "active" | "interactive" | "paused" | "resumable" | "idle";
            progress: number;
            config: components["schemas"]["TaskConfig"];
            /** Format: date-time */
            createdAt: string;
            /**
             * Format: date-time
             * @description When it was created, or last taken up again by a message or a retry
             */
            queuedAt: string;
            /** @description The id that the client has chosen */
            clientId?: string | null;
            type?: string | null;
            /**
             * @default medium
             * @enum {string}
             */
            priority?: "low" | "medium" | "high";
            /** @description The tasks that must complete before it begins, as they were named */
            dependencies?: string[];
            /** @description Those of them that have not completed yet */
            waitingFor?: string[];
            filesPattern?: string | null;
            /**
             * @description How often it was retried
             * @default 0
             */
            retryCount?: number;
            /**
             * @description 1, and one more for each message that took it up after it had ended; a retry begins with 1 again
             * @default 1
             */
            turn?: number;
            /**
             * Format: date-time
             * @description When work on the present turn began; `startedAt` is the first
             */
            turnStartedAt?: string | null;
            /** @description The message that began the present turn; none began the first */
            turnMessageId?: string | null;
            /** @description The task whose conversation it began with */
            continuedFrom?: string | null;
            /** @description True if it continues from the latest task when it begins */
            continueLatest?: boolean | null;
            /**
             * @description Who stopped it, while it can be resumed
             * @enum {string|null}
             */
            interruptedBy?: "person" | "server" | null;
            images?: string[];
            step?: string | null;
            /** @default 0 */
            iterations?: number;
            result?: components["schemas"]["TaskResult"] | null;
            error?: components["schemas"]["TaskError"] | null;
            /** Format: date-time */
            startedAt?: string | null;
            /** Format: date-time */
            completedAt?: string | null;
            /** @description Seconds: the median of the session's last 20 completed tasks, left out before the first */
            estimatedDuration?: number | null;
            /** @default code */
            mode?: string;
            /** @description What is to be done, as Markdown */
            todos?: string | null;
            /** @description What it has used, retries included */
            usage?: components["schemas"]["TokenUsage"];
            toolUsage?: {
                [key: string]: components["schemas"]["ToolUse"];
            };
            /** @description The task whose subtask this is */
            parentId?: string | null;
            /** @description The call of the parent that asked for it */
            parentCallId?: string | null;
        };
        /** @description The task continues after waiting. */
        TaskActivePayload: {
            id: string;
            /** @constant */
            type: "task.active";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
        };
        /** @description An answer with one task. */
        TaskAnswer: {
            task: components["schemas"]["Task"];
        };
        /** @description The task's question has been answered. */
        TaskAnsweredPayload: {
            id: string;
            /** @constant */
            type: "task.answered";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
        };
        /** @description The task was cancelled; nothing of it is running any more. */
        TaskCancelledPayload: {
            id: string;
            /** @constant */
            type: "task.cancelled";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
            /** @default 1 */
            turn?: number;
        };
        /** @description The agent says that its task is done, and the task's checks were made. */
        TaskCheckedPayload: {
            id: string;
            /** @constant */
            type: "task.checked";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
            evidence: components["schemas"]["CheckEvidence"];
        };
        TaskChecks: {
            commands?: components["schemas"]["CommandCheck"][];
            /** @description For each pattern, a file that matches must have changed */
            changed?: string[];
            /** @description For each pattern, no file that matches may have changed */
            protect?: string[];
            /**
             * @description How often the agent may say that it is done
             * @default 3
             */
            maxAttempts?: number;
        };
        /**
         * @description A decision about a running command of a task: the one with `callId`, or the one that the task asks
         *     about after two seconds.
         */
        TaskCommand: {
            sessionId: string;
            taskId: string;
            /** @enum {string} */
            action: "continue" | "kill";
            callId?: string | null;
        };
        TaskCommandBody: {
            /** @enum {string} */
            action: "continue" | "kill";
            callId?: string | null;
        };
        /** @description A request for what changed since a task began. */
        TaskCompare: {
            sessionId: string;
            taskId: string;
            /** @description Only this file, or what is below this directory */
            path?: string | null;
            /**
             * @description Unchanged lines around each change
             * @default 3
             */
            context?: number;
        };
        /** @description The agent has completed its task. */
        TaskCompletedPayload: {
            id: string;
            /** @constant */
            type: "task.completed";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
            input: string;
            result: components["schemas"]["TaskResult"];
            usage?: components["schemas"]["TokenUsage"];
            toolUsage?: {
                [key: string]: components["schemas"]["ToolUse"];
            };
            /** @default false */
            isSubtask?: boolean;
            /** @default 1 */
            turn?: number;
        };
        /** @description The conversation was too long for the model, which is shown a summary and what follows from now on. */
        TaskCondensedPayload: {
            id: string;
            /** @constant */
            type: "task.condensed";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
            summary: string;
            tokensBefore: number;
        };
        TaskConfig: {
            /**
             * @description Offer the agent `apply_diff`
             * @default true
             */
            enableDiff?: boolean;
            /**
             * @description Keep a checkpoint of the workspace before each change
             * @default false
             */
            enableCheckpoints?: boolean;
            maxIterations?: number | null;
            /** @description Seconds the task may take */
            timeout?: number | null;
            /** @description The mode it begins in; the session's if left out */
            mode?: string | null;
            /** @description If a request to the model fails, ask a person (`api_req_failed`) whether to try again, instead of failing */
            askOnFailure?: boolean | null;
            /** @description US dollars that it and its subtasks may cost, retries included */
            maxCost?: number | null;
            /** @description Tokens, in and out, that it and its subtasks may use, retries included */
            maxTokens?: number | null;
            /** @description Requests to models that it and its subtasks may make, also those that fail or make a summary, retries included */
            maxRequests?: number | null;
            /** @description Seconds from the start of a turn within which it must have ended, whatever it waits for */
            maxDuration?: number | null;
            /** @description What must hold when the agent says that it is done; commands need `tool:execute`, and run without an approval */
            checks?: components["schemas"]["TaskChecks"] | null;
        };
        /** @description A request to create a task. */
        TaskCreate: {
            sessionId: string;
            input: string;
            /** @description `data:` URLs of images */
            images?: string[];
            /** @description An id of the client's own, unique in the session; it can be used wherever a `taskId` can */
            clientId?: string | null;
            /** @description What kind of work it is, in a word */
            type?: string | null;
            /**
             * @default medium
             * @enum {string}
             */
            priority?: "low" | "medium" | "high";
            /** @description Ids of tasks of this session that must complete before it begins */
            dependencies?: string[];
            /** @description Patterns as in `.gitignore`, one a line: the agent is told the files that match when it begins */
            filesPattern?: string | null;
            config?: components["schemas"]["TaskConfig"];
            /** @description A task of this session that has ended, by its id or its client's: this one begins with its conversation, mode and to-do list */
            continueFrom?: string | null;
            /**
             * @description Begin with the conversation, mode and to-do list of the task of this session that has worked last when this one begins, if there is one; not together with `continueFrom`
             * @default false
             */
            continueLatest?: boolean;
            /** @description A change of the session's configuration, made together with the task or not at all */
            sessionConfig?: components["schemas"]["SessionConfigChange"] | null;
            /** @description Any text of the client's own, such as a UUID: a call that is repeated with it within a day creates nothing again and gets the first answer */
            idempotencyKey?: string | null;
        };
        TaskCreateBody: {
            input: string;
            /** @description `data:` URLs of images */
            images?: string[];
            /** @description An id of the client's own, unique in the session; it can be used wherever a `taskId` can */
            clientId?: string | null;
            /** @description What kind of work it is, in a word */
            type?: string | null;
            /**
             * @default medium
             * @enum {string}
             */
            priority?: "low" | "medium" | "high";
            /** @description Ids of tasks of this session that must complete before it begins */
            dependencies?: string[];
            /** @description Patterns as in `.gitignore`, one a line: the agent is told the files that match when it begins */
            filesPattern?: string | null;
            config?: components["schemas"]["TaskConfig"];
            /** @description A task of this session that has ended, by its id or its client's: this one begins with its conversation, mode and to-do list */
            continueFrom?: string | null;
            /**
             * @description Begin with the conversation, mode and to-do list of the task of this session that has worked last when this one begins, if there is one; not together with `continueFrom`
             * @default false
             */
            continueLatest?: boolean;
            /** @description A change of the session's configuration, made together with the task or not at all */
            sessionConfig?: components["schemas"]["SessionConfigChange"] | null;
            /** @description Any text of the client's own, such as a UUID: a call that is repeated with it within a day creates nothing again and gets the first answer */
            idempotencyKey?: string | null;
        };
        /** @description The new task, and where to follow its events from the first one. */
        TaskCreated: {
            task: components["schemas"]["Task"];
            websocket: string;
        };
        /** @description A task has been accepted and stored. */
        TaskCreatedEventPayload: {
            id: string;
            /** @constant */
            type: "task.created";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
            task: components["schemas"]["Task"];
        };
        /**
         * @description The files that differ, and the unified diff, both truncated if they are long.
         *
         *     `totalFiles` counts the files that are not named, too.
         */
        TaskDifference: {
            files: components["schemas"]["ChangedFile"][];
            totalFiles: number;
            diff: string;
            isTruncated: boolean;
            /** @description The task before whose start the comparison ends; left out if it ends now */
            until?: string | null;
        };
        TaskError: {
            code: string;
            message: string;
            details?: {
                [key: string]: unknown;
            } | null;
        };
        /** @description The task has failed. */
        TaskFailedPayload: {
            id: string;
            /** @constant */
            type: "task.failed";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
            error: components["schemas"]["TaskError"];
            /** @default 1 */
            turn?: number;
        };
        /** @description The task is now the one of its session that is running or waits for a person. */
        TaskFocusedPayload: {
            id: string;
            /** @constant */
            type: "task.focused";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
        };
        /** @description A request to copy the session of a task, in which the task goes back to one of its messages. */
        TaskFork: {
            sessionId: string;
            taskId: string;
            /** @description The message that becomes the last one of the task in the copy */
            messageId: string;
            /**
             * @description Restore the workspace, too, from the last checkpoint before the message
             * @default true
             */
            files?: boolean;
            /** @description The name of the copy; that of the session unless given */
            name?: string | null;
            /** @description Any text of the client's own, such as a UUID: a call that is repeated with it within a day creates nothing again and gets the first answer */
            idempotencyKey?: string | null;
        };
        TaskForkBody: {
            /** @description The message that becomes the last one of the task in the copy */
            messageId: string;
            /**
             * @description Restore the workspace, too, from the last checkpoint before the message
             * @default true
             */
            files?: boolean;
            /** @description The name of the copy; that of the session unless given */
            name?: string | null;
            /** @description Any text of the client's own, such as a UUID: a call that is repeated with it within a day creates nothing again and gets the first answer */
            idempotencyKey?: string | null;
        };
        /** @description The copied session, and the ids that the task and the message have there. */
        TaskForked: {
            session: components["schemas"]["CallersSession"];
            workspace: components["schemas"]["WorkspaceLocation"];
            taskId: string;
            messageId: string;
        };
        /** @description A request for a task, which is answered at once, or when the task is what the caller waits for. */
        TaskGet: {
            sessionId: string;
            taskId: string;
            /**
             * @description Seconds to wait for it at most, up to the server's limit
             * @default 0
             */
            wait?: number;
            /**
             * @default end
             * @enum {string}
             */
            waitFor?: "end" | "attention";
        };
        /** @description The task rests until a person decides, by `approval`, whether it continues. */
        TaskIdlePayload: {
            id: string;
            /** @constant */
            type: "task.idle";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
            approval?: components["schemas"]["ApprovalPrompt"] | null;
        };
        /** @description The task waits for a person: for `approval`, or the answer to `question`. */
        TaskInteractivePayload: {
            id: string;
            /** @constant */
            type: "task.interactive";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
            question?: string | null;
            suggestions?: string[];
            approval?: components["schemas"]["ApprovalPrompt"] | null;
        };
        /** @description A request for a session's tasks. */
        TaskList: {
            sessionId: string;
            /** @enum {string|null} */
            status?: "pending" | "running" | "completed" | "failed" | "cancelled" | null;
            type?: string | null;
            /** @enum {string|null} */
            priority?: "low" | "medium" | "high" | null;
            /** @default 20 */
            limit?: number;
            /** @default 0 */
            offset?: number;
        };
        /** @description A page of tasks, newest first. */
        TaskPage: {
            data: components["schemas"]["Task"][];
            pagination: components["schemas"]["Pagination"];
        };
        /** @description The task waits for its subtask. */
        TaskPausedPayload: {
            id: string;
            /** @constant */
            type: "task.paused";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
        };
        /** @description The progress of a task, 0 to 100, and its present step. */
        TaskProgressPayload: {
            id: string;
            /** @constant */
            type: "task.progress";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
            progress: number;
            step: string;
        };
        /** @description A reference to a task. */
        TaskRef: {
            sessionId: string;
            taskId: string;
        };
        /** @description The last rewind of the task is undone: its messages are back, and its status is what it was. */
        TaskReinstatedPayload: {
            id: string;
            /** @constant */
            type: "task.reinstated";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
            messageId: string;
            task: components["schemas"]["Task"];
        };
        /**
         * @description A person's message has taken up a task that had ended: it is queued for its next turn, in the same
         *     conversation. `task.resumed` follows when it has its place.
         */
        TaskReopenedPayload: {
            id: string;
            /** @constant */
            type: "task.reopened";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
            turn: number;
            messageId: string;
        };
        TaskResult: {
            summary: string;
            filesCreated?: string[];
            filesModified?: string[];
            filesDeleted?: string[];
            commandsExecuted?: string[];
            toolsUsed?: string[];
            /** @description The outcome of the task's checks, if it has any: they have passed */
            checks?: components["schemas"]["CheckEvidence"] | null;
        };
        /** @description The task was interrupted and can be resumed from its stored conversation. */
        TaskResumablePayload: {
            id: string;
            /** @constant */
            type: "task.resumable";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
            reason: string;
            /**
             * @default server
             * @enum {string}
             */
            interruptedBy?: "person" | "server";
        };
        /**
         * @description Work on a task goes on: it was interrupted, or has been reopened for another `turn`. `isPaused` if it
         *     still waits for its subtask.
         */
        TaskResumedPayload: {
            id: string;
            /** @constant */
            type: "task.resumed";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
            /** @default false */
            isPaused?: boolean;
            /** @default 1 */
            turn?: number;
        };
        /** @description A failed or cancelled task is queued again, with a fresh conversation. */
        TaskRetriedPayload: {
            id: string;
            /** @constant */
            type: "task.retried";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
            retryCount: number;
        };
        /** @description A request to queue a task again, with another budget if one is given; that of all its runs. */
        TaskRetry: {
            sessionId: string;
            taskId: string;
            /** @description In place of `config.maxCost` */
            maxCost?: number | null;
            /** @description In place of `config.maxTokens` */
            maxTokens?: number | null;
            /** @description In place of `config.maxRequests` */
            maxRequests?: number | null;
        };
        TaskRetryBody: {
            /** @description In place of `config.maxCost` */
            maxCost?: number | null;
            /** @description In place of `config.maxTokens` */
            maxTokens?: number | null;
            /** @description In place of `config.maxRequests` */
            maxRequests?: number | null;
        };
        /** @description A request to the model failed and will be repeated after `delay` seconds. */
        TaskRetryingPayload: {
            id: string;
            /** @constant */
            type: "task.retrying";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
            attempt: number;
            delay: number;
            error: components["schemas"]["TaskError"];
        };
        /** @description A request to go back to a message of a task that is not at work. */
        TaskRewind: {
            sessionId: string;
            taskId: string;
            /** @description The message that becomes the last one of the task */
            messageId: string;
            /**
             * @description Restore the workspace, too, from the last checkpoint before the message
             * @default true
             */
            files?: boolean;
        };
        TaskRewindBody: {
            /** @description The message that becomes the last one of the task */
            messageId: string;
            /**
             * @description Restore the workspace, too, from the last checkpoint before the message
             * @default true
             */
            files?: boolean;
        };
        /**
         * @description The message is the last one of the task now: those after it are taken back.
         *
         *     The task waits to be resumed, or for a message.
         */
        TaskRewoundPayload: {
            id: string;
            /** @constant */
            type: "task.rewound";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
            messageId: string;
        };
        /** @description A person's message to the agent of a task. */
        TaskSay: {
            sessionId: string;
            taskId: string;
            text: string;
            images?: string[];
            /** @description Any text of the client's own, such as a UUID: a call that is repeated with it within a day creates nothing again and gets the first answer */
            idempotencyKey?: string | null;
        };
        TaskSayBody: {
            text: string;
            images?: string[];
            /** @description Any text of the client's own, such as a UUID: a call that is repeated with it within a day creates nothing again and gets the first answer */
            idempotencyKey?: string | null;
        };
        /** @description The task has created a subtask. */
        TaskSpawnedPayload: {
            id: string;
            /** @constant */
            type: "task.spawned";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
            childTaskId: string;
        };
        /**
         * @description The task that a session works on, then the subtask that it waits for, and so on; the last one is
         *     current.
         */
        TaskStack: {
            tasks: components["schemas"]["Task"][];
        };
        /** @description A request for a session's task stack. */
        TaskStackRef: {
            sessionId: string;
        };
        /** @description The agent has started to work on a task. */
        TaskStartedPayload: {
            id: string;
            /** @constant */
            type: "task.started";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
            input: string;
            /** @description The task whose conversation it began with */
            continuedFrom?: string | null;
        };
        TaskTurn: {
            turn: number;
            retryCount: number;
            input: string;
            messageId?: string | null;
            /** @enum {string} */
            status: "pending" | "running" | "completed" | "failed" | "cancelled";
            result?: components["schemas"]["TaskResult"] | null;
            error?: components["schemas"]["TaskError"] | null;
            /** Format: date-time */
            startedAt?: string | null;
            /** Format: date-time */
            completedAt?: string | null;
            usage?: components["schemas"]["TokenUsage"];
            /** @default 0 */
            iterations?: number;
        };
        /** @description A request for a task's turns. */
        TaskTurnList: {
            sessionId: string;
            taskId: string;
            /** @default 20 */
            limit?: number;
            /** @default 0 */
            offset?: number;
        };
        /** @description A page of a task's turns, newest first. */
        TaskTurnPage: {
            data: components["schemas"]["TaskTurn"][];
            pagination: components["schemas"]["Pagination"];
        };
        /** @description The task has lost the focus: it has ended, delegates, or was interrupted. */
        TaskUnfocusedPayload: {
            id: string;
            /** @constant */
            type: "task.unfocused";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
        };
        /** @description The subtask has ended, and the task continues with its result. */
        TaskUnpausedPayload: {
            id: string;
            /** @constant */
            type: "task.unpaused";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
            childTaskId: string;
            success: boolean;
            result: string;
        };
        /** @description An answer to the approval that the task waits for. */
        TaskUpdate: {
            sessionId: string;
            taskId: string;
            /** @enum {string} */
            action: "approve" | "reject";
            feedback?: string | null;
        };
        TaskUpdateBody: {
            /** @enum {string} */
            action: "approve" | "reject";
            feedback?: string | null;
        };
        Terminal: {
            id: string;
            command: string;
            columns: number;
            rows: number;
            /** Format: date-time */
            openedAt: string;
        };
        /** @description An answer with one terminal. */
        TerminalAnswer: {
            terminal: components["schemas"]["Terminal"];
        };
        /** @description A terminal has been closed, or its program has ended. */
        TerminalClosedPayload: {
            id: string;
            /** @constant */
            type: "terminal.closed";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
            terminalId: string;
            exitCode: number;
        };
        /** @description Terminal input as a terminal sends it: Enter is a carriage return, Ctrl-C the character 3. */
        TerminalInput: {
            sessionId: string;
            terminalId: string;
            data: string;
        };
        TerminalInputBody: {
            data: string;
        };
        /** @description A request for a session's terminals. */
        TerminalList: {
            sessionId: string;
        };
        /** @description A request to open a terminal. */
        TerminalOpen: {
            sessionId: string;
            /**
             * @description What to run in it, by `sh -c`
             * @default bash
             */
            command?: string;
            /** @default  */
            cwd?: string;
            /** @default 80 */
            columns?: number;
            /** @default 24 */
            rows?: number;
            /** @description Any text of the client's own, such as a UUID: a call that is repeated with it within a day creates nothing again and gets the first answer */
            idempotencyKey?: string | null;
        };
        TerminalOpenBody: {
            /**
             * @description What to run in it, by `sh -c`
             * @default bash
             */
            command?: string;
            /** @default  */
            cwd?: string;
            /** @default 80 */
            columns?: number;
            /** @default 24 */
            rows?: number;
            /** @description Any text of the client's own, such as a UUID: a call that is repeated with it within a day creates nothing again and gets the first answer */
            idempotencyKey?: string | null;
        };
        /** @description A terminal has been opened. */
        TerminalOpenedPayload: {
            id: string;
            /** @constant */
            type: "terminal.opened";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
            terminal: components["schemas"]["Terminal"];
        };
        /** @description Output of a terminal, including control sequences. */
        TerminalOutputPayload: {
            id: string;
            /** @constant */
            type: "terminal.output";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
            terminalId: string;
            data: string;
            /** @description Characters that it printed before this */
            position: number;
        };
        /** @description A reference to a terminal. */
        TerminalRef: {
            sessionId: string;
            terminalId: string;
        };
        /** @description A request to resize a terminal. */
        TerminalResize: {
            sessionId: string;
            terminalId: string;
            columns: number;
            rows: number;
        };
        TerminalResizeBody: {
            columns: number;
            rows: number;
        };
        /**
         * @description A terminal with its last output; `position` counts all characters since it was opened.
         *
         *     A client that reconnects shows `output` and continues with the `terminal.output` of this position.
         */
        TerminalScreen: {
            terminal: components["schemas"]["Terminal"];
            output: string;
            position: number;
        };
        /** @description A session's open terminals, oldest first. */
        Terminals: {
            terminals: components["schemas"]["Terminal"][];
        };
        /** @description The matching lines, sorted by path and line. */
        TextFound: {
            matches: components["schemas"]["TextMatch"][];
            truncated: boolean;
        };
        TextMatch: {
            path: string;
            line: number;
            column: number;
            content: string;
        };
        /** @description A search for lines by regular expression. */
        TextSearchRequest: {
            sessionId: string;
            /** @description A regular expression in ripgrep's syntax: no look-around, no back-references, within one line */
            pattern: string;
            /**
             * @description The folder or file to search
             * @default /
             */
            path?: string;
            /** @description Only files that match one of these patterns, such as `*.py`; if empty, all files */
            fileTypes?: string[];
            /** @default true */
            caseSensitive?: boolean;
            /**
             * @description Whether to include names that begin with a dot; `.git` never is
             * @default false
             */
            includeHidden?: boolean;
            /**
             * @description Whether to include what `.gitignore` excludes
             * @default false
             */
            includeIgnored?: boolean;
            /**
             * @description The most matches; `truncated` says whether there are more
             * @default 200
             */
            limit?: number;
        };
        TextSearchRequestBody: {
            /** @description A regular expression in ripgrep's syntax: no look-around, no back-references, within one line */
            pattern: string;
            /**
             * @description The folder or file to search
             * @default /
             */
            path?: string;
            /** @description Only files that match one of these patterns, such as `*.py`; if empty, all files */
            fileTypes?: string[];
            /** @default true */
            caseSensitive?: boolean;
            /**
             * @description Whether to include names that begin with a dot; `.git` never is
             * @default false
             */
            includeHidden?: boolean;
            /**
             * @description Whether to include what `.gitignore` excludes
             * @default false
             */
            includeIgnored?: boolean;
            /**
             * @description The most matches; `truncated` says whether there are more
             * @default 200
             */
            limit?: number;
        };
        Throughput: {
            totalRequests: number;
            requestsPerSecond: number;
            bytesPerSecond: number;
        };
        TimelineCursor: {
            limit: number;
            /** @description Whether to continue now; a page may be empty all the same */
            hasMore: boolean;
            nextAfter: string;
            reset?: boolean | null;
        };
        /** @description A request for events of all sessions of a scope, after a cursor or from the first. */
        TimelineRead: {
            /**
             * @default all
             * @enum {string}
             */
            scope?: "mine" | "shared" | "all";
            /** @default 0 */
            after?: string;
            /** @default 100 */
            limit?: number;
        };
        /** @description A page of the events of all sessions, each with its `cursor`. */
        TimelineSlice: {
            data: {
                [key: string]: unknown;
            }[];
            pagination: components["schemas"]["TimelineCursor"];
        };
        /** @description The agent has changed its to-do list. */
        TodosUpdatedPayload: {
            id: string;
            /** @constant */
            type: "todos.updated";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
            todos: string;
        };
        TokenUsage: {
            /** @default 0 */
            totalTokensIn?: number;
            /** @default 0 */
            totalTokensOut?: number;
            /** @default 0 */
            totalCacheWrites?: number;
            /** @default 0 */
            totalCacheReads?: number;
            /** @default 0 */
            totalCost?: number;
            /**
             * @description Requests to models, also those that failed or made a summary
             * @default 0
             */
            totalRequests?: number;
            /** @default 0 */
            contextTokens?: number;
        };
        Tokens: {
            accessToken: string;
            refreshToken: string;
            expiresIn: number;
        };
        /** @description All tools. */
        ToolCatalogue: {
            tools: components["schemas"]["ToolDescription"][];
        };
        /** @description A tool call has ended, successfully or not. */
        ToolCompletedPayload: {
            id: string;
            /** @constant */
            type: "tool.completed";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
            callId: string;
            toolName: string;
            result: components["schemas"]["ToolOutcome"];
            executionTime: number;
        };
        ToolDescription: {
            name: string;
            description: string;
            /** @enum {string} */
            group: "read" | "edit" | "command" | "browser" | "mcp" | "modes" | "always";
            parameters: {
                [key: string]: components["schemas"]["ToolParameter"];
            };
            inputSchema: {
                [key: string]: unknown;
            };
        };
        /** @description A request to run a tool. */
        ToolExecute: {
            sessionId: string;
            toolName: string;
            parameters?: {
                [key: string]: unknown;
            };
        };
        ToolExecuteBody: {
            parameters?: {
                [key: string]: unknown;
            };
        };
        /** @description The result of a tool call; `executionTime` is in milliseconds. */
        ToolExecuted: {
            result: components["schemas"]["ToolOutcome"];
            executionTime: number;
            resourceUsage: components["schemas"]["ResourceUsage"];
        };
        /**
         * @description A tool call failed: it could not be made, the tool failed, or it was interrupted.
         *
         *     `code`: `TOOL_FAILED` comes with the `tool.completed` that ends the call; any other code is the end
         *     itself.
         */
        ToolFailedPayload: {
            id: string;
            /** @constant */
            type: "tool.failed";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
            callId: string;
            toolName: string;
            error: string;
            /**
             * @default TOOL_FAILED
             * @enum {string}
             */
            code?: "TOOL_FAILED" | "CALL_NOT_MADE" | "CALL_INTERRUPTED" | "CALL_CANCELLED" | "CALL_ABANDONED";
        };
        /** @description A request for all tools. */
        ToolListRequest: Record<string, never>;
        ToolOutcome: {
            success: boolean;
            output: string;
            filesChanged?: string[];
            exitCode?: number | null;
        };
        /**
         * @description Output of a running command: a line, part of one, or several that arrived at once.
         *
         *     In a task it is a piece of the message `command_output`.
         */
        ToolOutputPayload: {
            id: string;
            /** @constant */
            type: "tool.output";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
            callId: string;
            stream: string;
            text: string;
            messageId?: string | null;
            ts?: number | null;
            /** @description Characters of the message before this piece */
            position?: number | null;
        };
        ToolParameter: {
            type: string;
            description: string;
            required: boolean;
        };
        /** @description A tool call begins. */
        ToolStartedPayload: {
            id: string;
            /** @constant */
            type: "tool.started";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
            callId: string;
            toolName: string;
            parameters: {
                [key: string]: unknown;
            };
        };
        ToolUse: {
            /** @default 0 */
            attempts?: number;
            /** @default 0 */
            failures?: number;
        };
        /** @description The answer is the raw bytes themselves. */
        Transferred: Record<string, never>;
        Unanswered: {
            /** @description Seconds to wait for an answer */
            after: number;
            /**
             * @description `refuse` or `allow` it, `answer` a question with `answer`, have a model `review` it, or `fail` the task, with `NOBODY_ANSWERED`
             * @enum {string}
             */
            then: "refuse" | "allow" | "answer" | "review" | "fail";
            /** @description The answer to a question or, with `refuse`, what the agent is told */
            answer?: string | null;
            /** @description Who decides, with `review`; the session's model, if left out */
            review?: components["schemas"]["ModelReview"] | null;
        };
        UnattendedPolicy: {
            /** @description A tool that reads */
            read?: components["schemas"]["Unanswered"] | null;
            /** @description A tool that changes files */
            edit?: components["schemas"]["Unanswered"] | null;
            /** @description A command */
            command?: components["schemas"]["Unanswered"] | null;
            /** @description The browser */
            browser?: components["schemas"]["Unanswered"] | null;
            /** @description A tool of an MCP server */
            mcp?: components["schemas"]["Unanswered"] | null;
            /** @description Another mode, or a subtask */
            modes?: components["schemas"]["Unanswered"] | null;
            /** @description A question of the agent */
            question?: components["schemas"]["Unanswered"] | null;
            /** @description Whether to go on after many steps without success */
            mistakes?: components["schemas"]["Unanswered"] | null;
            /** @description Whether to ask the model again after a request has failed */
            failedRequest?: components["schemas"]["Unanswered"] | null;
            /** @description Whether to go on beyond the limits for automatic approval */
            budget?: components["schemas"]["Unanswered"] | null;
        };
        /** @description A page of usage, latest day first, and the sums of all pages. */
        UsagePage: {
            data: components["schemas"]["UsageRow"][];
            total: components["schemas"]["UsageSums"];
            pagination: components["schemas"]["Pagination"];
        };
        /** @description A request for usage: of the caller, or of all users for an administrator. */
        UsageReport: {
            /** @description One row for each combination of these */
            groupBy?: ("day" | "user" | "session" | "model")[];
            /** @description The first day, `YYYY-MM-DD` in UTC */
            since?: string | null;
            /** @description The last day, `YYYY-MM-DD` in UTC */
            until?: string | null;
            userId?: string | null;
            sessionId?: string | null;
            provider?: string | null;
            model?: string | null;
            /** @default 100 */
            limit?: number;
            /** @default 0 */
            offset?: number;
        };
        UsageRow: {
            /** @default 0 */
            requests?: number;
            /** @default 0 */
            tokensIn?: number;
            /** @default 0 */
            tokensOut?: number;
            /** @default 0 */
            cacheReads?: number;
            /** @default 0 */
            cacheWrites?: number;
            /** @default 0 */
            cost?: number;
            /**
             * @description Those of the requests whose model had no known price, and are not in `cost`
             * @default 0
             */
            unpricedRequests?: number;
            day?: string | null;
            userId?: string | null;
            sessionId?: string | null;
            provider?: string | null;
            model?: string | null;
        };
        UsageSums: {
            /** @default 0 */
            requests?: number;
            /** @default 0 */
            tokensIn?: number;
            /** @default 0 */
            tokensOut?: number;
            /** @default 0 */
            cacheReads?: number;
            /** @default 0 */
            cacheWrites?: number;
            /** @default 0 */
            cost?: number;
            /**
             * @description Those of the requests whose model had no known price, and are not in `cost`
             * @default 0
             */
            unpricedRequests?: number;
        };
        /** @description A request has been answered or a tool has been used. */
        UsageUpdatedPayload: {
            id: string;
            /** @constant */
            type: "usage.updated";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
            usage: components["schemas"]["TokenUsage"];
            toolUsage: {
                [key: string]: components["schemas"]["ToolUse"];
            };
        };
        User: {
            id: string;
            email: string;
            name: string;
            /** @enum {string} */
            provider: "local" | "google" | "github" | "microsoft";
            roles: ("admin" | "developer" | "viewer")[];
            preferences?: components["schemas"]["UserPreferences"];
            /** Format: date-time */
            createdAt: string;
            /** Format: date-time */
            lastLoginAt: string;
            /** Format: date-time */
            disabledAt?: string | null;
        };
        /** @description A request to add a user. */
        UserCreate: {
            email: string;
            /** @description The e-mail address if left out */
            name?: string | null;
            roles?: ("admin" | "developer" | "viewer")[];
            /** @description If left out, the user is invited to choose one */
            password?: string | null;
            /** @description Any text of the client's own, such as a UUID: a call that is repeated with it within a day creates nothing again and gets the first answer */
            idempotencyKey?: string | null;
        };
        UserInvitation: {
            url: string;
            /** Format: date-time */
            expiresAt: string;
        };
        UserInvited: {
            invitation: components["schemas"]["UserInvitation"];
        };
        /** @description A request for all users. */
        UserList: {
            /** @default 20 */
            limit?: number;
            /** @default 0 */
            offset?: number;
        };
        /** @description A request to end all logins of a user. */
        UserLogOut: {
            userId: string;
        };
        /** @description The new user, and their invitation if they have no password yet. */
        UserMade: {
            user: components["schemas"]["User"];
            invitation?: components["schemas"]["UserInvitation"] | null;
        };
        UserPage: {
            data: components["schemas"]["User"][];
            pagination: components["schemas"]["Pagination"];
        };
        UserPreferences: {
            /**
             * @default auto
             * @enum {string}
             */
            theme?: "light" | "dark" | "auto";
            /** @default en */
            language?: string;
            notifications?: components["schemas"]["NotificationSettings"];
            /** @default auto */
            defaultProvider?: string;
            /** @default auto */
            defaultModel?: string;
        };
        UserRef: {
            userId: string;
        };
        UserShown: {
            user: components["schemas"]["User"];
        };
        /** @description A change of a user; fields left out are not changed. */
        UserUpdate: {
            userId: string;
            name?: string | null;
            roles?: ("admin" | "developer" | "viewer")[] | null;
            /** @description A disabled user can do nothing, with any credential */
            disabled?: boolean | null;
        };
        UserUpdateBody: {
            name?: string | null;
            roles?: ("admin" | "developer" | "viewer")[] | null;
            /** @description A disabled user can do nothing, with any credential */
            disabled?: boolean | null;
        };
        WatchFilters: {
            logs?: components["schemas"]["LogFilter"] | null;
        };
        /** @description What this socket watches from now on; resources are measured every `sampleInterval` seconds. */
        WatchedChannels: {
            channels: ("resources" | "logs")[];
            sampleInterval: number;
        };
        Webhook: {
            id: string;
            url: string;
            events: string[];
            /** @enum {string} */
            status: "active" | "failing" | "disabled";
            /** Format: date-time */
            createdAt: string;
            /** Format: date-time */
            updatedAt: string;
            failures: number;
            /** Format: date-time */
            failingSince?: string | null;
            /** Format: date-time */
            nextAttemptAt?: string | null;
            lastError?: string | null;
            /** Format: date-time */
            lastDeliveredAt?: string | null;
            /** Format: date-time */
            disabledAt?: string | null;
            /** @enum {string|null} */
            disabledReason?: "by_owner" | "failures" | "gone" | null;
            /** Format: date-time */
            formerSecretUntil?: string | null;
        };
        /** @description A request to create a webhook; without a `secret` the server generates one. */
        WebhookCreate: {
            /** @description The URL to which events are posted */
            url: string;
            /** @description Names of events, groups of them (`task.*`), or all (`*`) */
            events: string[];
            /** @description Signs the requests: `whsec_` and base64 of 24 to 64 bytes, or 12 to 256 printable ASCII characters */
            secret?: string | null;
            /** @description Any text of the client's own, such as a UUID: a call that is repeated with it within a day creates nothing again and gets the first answer */
            idempotencyKey?: string | null;
        };
        /** @description The server has disabled a webhook; emitted in the session whose event could not be delivered. */
        WebhookDisabledPayload: {
            id: string;
            /** @constant */
            type: "webhook.disabled";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
            webhookId: string;
            /** @enum {string} */
            reason: "by_owner" | "failures" | "gone";
            error: string;
        };
        /** @description A request for the caller's own webhooks. */
        WebhookList: Record<string, never>;
        /**
         * @description A request to send an event again; `eventId` is its `id` in `event.list`, in the payload and in the
         *     attempts.
         */
        WebhookRedeliver: {
            webhookId: string;
            eventId: string;
        };
        WebhookRedeliverBody: {
            eventId: string;
        };
        WebhookRef: {
            webhookId: string;
        };
        WebhookRemoved: {
            webhookId: string;
            deleted: boolean;
        };
        /** @description A request to replace the secret; without a `secret` the server generates one. */
        WebhookRotate: {
            webhookId: string;
            /** @description Signs the requests: `whsec_` and base64 of 24 to 64 bytes, or 12 to 256 printable ASCII characters */
            secret?: string | null;
        };
        WebhookRotateBody: {
            /** @description Signs the requests: `whsec_` and base64 of 24 to 64 bytes, or 12 to 256 printable ASCII characters */
            secret?: string | null;
        };
        WebhookShown: {
            webhook: components["schemas"]["Webhook"];
        };
        /**
         * @description The new fields of a webhook; fields left out are not changed.
         *
         *     A new `secret` replaces the present one as `webhook.rotate` does. `enabled: true` lets a disabled webhook
         *     continue where it stopped; with `skipPending`, it continues with what happens from now on.
         */
        WebhookUpdate: {
            webhookId: string;
            /** @description The URL to which events are posted */
            url?: string;
            /** @description Names of events, groups of them (`task.*`), or all (`*`) */
            events?: string[];
            /** @description Signs the requests: `whsec_` and base64 of 24 to 64 bytes, or 12 to 256 printable ASCII characters */
            secret?: string;
            enabled?: boolean;
            /** @default false */
            skipPending?: boolean;
        };
        WebhookUpdateBody: {
            /** @description The URL to which events are posted */
            url?: string;
            /** @description Names of events, groups of them (`task.*`), or all (`*`) */
            events?: string[];
            /** @description Signs the requests: `whsec_` and base64 of 24 to 64 bytes, or 12 to 256 printable ASCII characters */
            secret?: string;
            enabled?: boolean;
            /** @default false */
            skipPending?: boolean;
        };
        /**
         * @description A webhook with the secret that the server has generated, shown only once; left out if the caller has
         *     chosen it.
         */
        WebhookWithSecret: {
            webhook: components["schemas"]["Webhook"];
            secret?: string | null;
        };
        Webhooks: {
            webhooks: components["schemas"]["Webhook"][];
        };
        /**
         * @description Commands have changed more below `path` than is reported one by one: list it again.
         *
         *     `created`, `modified` and `deleted` count the changes that have no event of their own.
         */
        WorkspaceChangedPayload: {
            id: string;
            /** @constant */
            type: "workspace.changed";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
            path: string;
            created: number;
            modified: number;
            deleted: number;
            /** @description False if changes came too fast to be counted: there may be any number more */
            isExact: boolean;
        };
        /**
         * @description The workspace's content has been replaced by that of an archive or repository.
         *
         *     `files` counts, `size` is in bytes; `repository` is the repository's URL.
         */
        WorkspaceImportedPayload: {
            id: string;
            /** @constant */
            type: "workspace.imported";
            sessionId: string;
            /** Format: date-time */
            timestamp: string;
            seq?: number | null;
            taskId?: string | null;
            cursor?: string | null;
            files: number;
            size: number;
            repository?: string | null;
        };
        WorkspaceLocation: {
            path: string;
            url: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type AccountUpdate = components['schemas']['AccountUpdate'];
export type AcpAgent = components['schemas']['AcpAgent'];
export type Agent = components['schemas']['Agent'];
export type AgentProgram = components['schemas']['AgentProgram'];
export type ApiKey = components['schemas']['ApiKey'];
export type Approval = components['schemas']['Approval'];
export type ApprovalAnswer = components['schemas']['ApprovalAnswer'];
export type ApprovalList = components['schemas']['ApprovalList'];
export type ApprovalPage = components['schemas']['ApprovalPage'];
export type ApprovalPrompt = components['schemas']['ApprovalPrompt'];
export type ApprovalRef = components['schemas']['ApprovalRef'];
export type ApprovalRequiredPayload = components['schemas']['ApprovalRequiredPayload'];
export type ApprovalResolvedPayload = components['schemas']['ApprovalResolvedPayload'];
export type ApprovalRespond = components['schemas']['ApprovalRespond'];
export type ApprovalRespondBody = components['schemas']['ApprovalRespondBody'];
export type ApprovalRule = components['schemas']['ApprovalRule'];
export type ApprovalSearch = components['schemas']['ApprovalSearch'];
export type ArchiveUnpacked = components['schemas']['ArchiveUnpacked'];
export type AttemptList = components['schemas']['AttemptList'];
export type AttemptPage = components['schemas']['AttemptPage'];
export type AttemptShown = components['schemas']['AttemptShown'];
export type AuditEntry = components['schemas']['AuditEntry'];
export type AuditList = components['schemas']['AuditList'];
export type AuditPage = components['schemas']['AuditPage'];
export type AuditVerification = components['schemas']['AuditVerification'];
export type AuditVerify = components['schemas']['AuditVerify'];
export type AutoApproval = components['schemas']['AutoApproval'];
export type CallWrittenPayload = components['schemas']['CallWrittenPayload'];
export type CallersSession = components['schemas']['CallersSession'];
export type ChangedFile = components['schemas']['ChangedFile'];
export type Changes = components['schemas']['Changes'];
export type CheckEvidence = components['schemas']['CheckEvidence'];
export type CheckOutcome = components['schemas']['CheckOutcome'];
export type Checkpoint = components['schemas']['Checkpoint'];
export type CheckpointCompare = components['schemas']['CheckpointCompare'];
export type CheckpointCreate = components['schemas']['CheckpointCreate'];
export type CheckpointCreateBody = components['schemas']['CheckpointCreateBody'];
export type CheckpointCreated = components['schemas']['CheckpointCreated'];
export type CheckpointDifference = components['schemas']['CheckpointDifference'];
export type CheckpointList = components['schemas']['CheckpointList'];
export type CheckpointPage = components['schemas']['CheckpointPage'];
export type CheckpointRef = components['schemas']['CheckpointRef'];
export type CheckpointRestored = components['schemas']['CheckpointRestored'];
export type CheckpointRestoredEventPayload = components['schemas']['CheckpointRestoredEventPayload'];
export type CheckpointSavedPayload = components['schemas']['CheckpointSavedPayload'];
export type CloneStepPayload = components['schemas']['CloneStepPayload'];
export type CommandCheck = components['schemas']['CommandCheck'];
export type CommandContinuedPayload = components['schemas']['CommandContinuedPayload'];
export type CommandEndedPayload = components['schemas']['CommandEndedPayload'];
export type DeliveryAttempt = components['schemas']['DeliveryAttempt'];
export type DirectoryEntry = components['schemas']['DirectoryEntry'];
export type DirectoryMake = components['schemas']['DirectoryMake'];
export type DirectoryMakeBody = components['schemas']['DirectoryMakeBody'];
export type Error = components['schemas']['Error'];
export type ErrorRates = components['schemas']['ErrorRates'];
export type EventCursor = components['schemas']['EventCursor'];
export type EventFollow = components['schemas']['EventFollow'];
export type EventList = components['schemas']['EventList'];
export type EventPage = components['schemas']['EventPage'];
export type EventStreamClosed = components['schemas']['EventStreamClosed'];
export type EventSubscribe = components['schemas']['EventSubscribe'];
export type EventUnfollow = components['schemas']['EventUnfollow'];
export type EventUnsubscribe = components['schemas']['EventUnsubscribe'];
export type FileAnswer = components['schemas']['FileAnswer'];
export type FileContent = components['schemas']['FileContent'];
export type FileCopy = components['schemas']['FileCopy'];
export type FileCopyBody = components['schemas']['FileCopyBody'];
export type FileCreatedPayload = components['schemas']['FileCreatedPayload'];
export type FileDelete = components['schemas']['FileDelete'];
export type FileDeletedPayload = components['schemas']['FileDeletedPayload'];
export type FileEntry = components['schemas']['FileEntry'];
export type FileList = components['schemas']['FileList'];
export type FileListing = components['schemas']['FileListing'];
export type FileMatch = components['schemas']['FileMatch'];
export type FileModifiedPayload = components['schemas']['FileModifiedPayload'];
export type FileRead = components['schemas']['FileRead'];
export type FileRemoved = components['schemas']['FileRemoved'];
export type FileRename = components['schemas']['FileRename'];
export type FileRenameBody = components['schemas']['FileRenameBody'];
export type FileRenamedPayload = components['schemas']['FileRenamedPayload'];
export type FileSearchRequest = components['schemas']['FileSearchRequest'];
export type FileSearchRequestBody = components['schemas']['FileSearchRequestBody'];
export type FileStored = components['schemas']['FileStored'];
export type FileUpdate = components['schemas']['FileUpdate'];
export type FileUpdateBody = components['schemas']['FileUpdateBody'];
export type FileWrite = components['schemas']['FileWrite'];
export type FileWriteBody = components['schemas']['FileWriteBody'];
export type FilesFound = components['schemas']['FilesFound'];
export type Health = components['schemas']['Health'];
export type Identities = components['schemas']['Identities'];
export type IdentityLink = components['schemas']['IdentityLink'];
export type IdentityLinkBody = components['schemas']['IdentityLinkBody'];
export type IdentityList = components['schemas']['IdentityList'];
export type IdentityRef = components['schemas']['IdentityRef'];
export type IdentityShown = components['schemas']['IdentityShown'];
export type ImageProgressPayload = components['schemas']['ImageProgressPayload'];
export type InboxEntry = components['schemas']['InboxEntry'];
export type InboxList = components['schemas']['InboxList'];
export type InboxPage = components['schemas']['InboxPage'];
export type InvitationAccept = components['schemas']['InvitationAccept'];
export type KeyCreate = components['schemas']['KeyCreate'];
export type KeyList = components['schemas']['KeyList'];
export type KeyMade = components['schemas']['KeyMade'];
export type KeyRef = components['schemas']['KeyRef'];
export type KeyShown = components['schemas']['KeyShown'];
export type Keys = components['schemas']['Keys'];
export type KilledProcess = components['schemas']['KilledProcess'];
export type LinkedIdentity = components['schemas']['LinkedIdentity'];
export type ListedSession = components['schemas']['ListedSession'];
export type ListeningPort = components['schemas']['ListeningPort'];
export type LogCutPayload = components['schemas']['LogCutPayload'];
export type LogEntry = components['schemas']['LogEntry'];
export type LogFilter = components['schemas']['LogFilter'];
export type LogList = components['schemas']['LogList'];
export type LogOut = components['schemas']['LogOut'];
export type LogPage = components['schemas']['LogPage'];
export type LogResetPayload = components['schemas']['LogResetPayload'];
export type LogWrittenPayload = components['schemas']['LogWrittenPayload'];
export type LoggedOut = components['schemas']['LoggedOut'];
export type Login = components['schemas']['Login'];
export type LoginAnswer = components['schemas']['LoginAnswer'];
export type LoginList = components['schemas']['LoginList'];
export type LoginPage = components['schemas']['LoginPage'];
export type LoginRef = components['schemas']['LoginRef'];
export type McpList = components['schemas']['McpList'];
export type McpPrompt = components['schemas']['McpPrompt'];
export type McpResource = components['schemas']['McpResource'];
export type McpRestart = components['schemas']['McpRestart'];
export type McpRestarted = components['schemas']['McpRestarted'];
export type McpServer = components['schemas']['McpServer'];
export type McpServerState = components['schemas']['McpServerState'];
export type McpServers = components['schemas']['McpServers'];
export type McpStartedPayload = components['schemas']['McpStartedPayload'];
export type McpStoppedPayload = components['schemas']['McpStoppedPayload'];
export type McpTool = components['schemas']['McpTool'];
export type MeaningFound = components['schemas']['MeaningFound'];
export type MeaningMatch = components['schemas']['MeaningMatch'];
export type MeaningSearchRequest = components['schemas']['MeaningSearchRequest'];
export type MeaningSearchRequestBody = components['schemas']['MeaningSearchRequestBody'];
export type Message = components['schemas']['Message'];
export type MessageAnswer = components['schemas']['MessageAnswer'];
export type MessageCreatedPayload = components['schemas']['MessageCreatedPayload'];
export type MessageDeltaPayload = components['schemas']['MessageDeltaPayload'];
export type MessageDiscardedPayload = components['schemas']['MessageDiscardedPayload'];
export type MessageList = components['schemas']['MessageList'];
export type MessagePage = components['schemas']['MessagePage'];
export type Mode = components['schemas']['Mode'];
export type ModeCatalogue = components['schemas']['ModeCatalogue'];
export type ModeGroup = components['schemas']['ModeGroup'];
export type ModeList = components['schemas']['ModeList'];
export type ModeSwitchedPayload = components['schemas']['ModeSwitchedPayload'];
export type ModelCatalogue = components['schemas']['ModelCatalogue'];
export type ModelChoice = components['schemas']['ModelChoice'];
export type ModelList = components['schemas']['ModelList'];
export type ModelPrices = components['schemas']['ModelPrices'];
export type ModelReview = components['schemas']['ModelReview'];
export type NetworkStats = components['schemas']['NetworkStats'];
export type Nothing = components['schemas']['Nothing'];
export type NotificationChange = components['schemas']['NotificationChange'];
export type NotificationSettings = components['schemas']['NotificationSettings'];
export type OAuthLogin = components['schemas']['OAuthLogin'];
export type OAuthLoginBody = components['schemas']['OAuthLoginBody'];
export type OfferedModel = components['schemas']['OfferedModel'];
export type OfferedPlaybook = components['schemas']['OfferedPlaybook'];
export type OfferedProvider = components['schemas']['OfferedProvider'];
export type OpenIdLogin = components['schemas']['OpenIdLogin'];
export type OpenIdLoginBody = components['schemas']['OpenIdLoginBody'];
export type OperationPerformance = components['schemas']['OperationPerformance'];
export type Overview = components['schemas']['Overview'];
export type Pagination = components['schemas']['Pagination'];
export type PasswordChange = components['schemas']['PasswordChange'];
export type PasswordChanged = components['schemas']['PasswordChanged'];
export type Performance = components['schemas']['Performance'];
export type PerformanceQuery = components['schemas']['PerformanceQuery'];
export type PlaybookList = components['schemas']['PlaybookList'];
export type Playbooks = components['schemas']['Playbooks'];
export type PreferencesChange = components['schemas']['PreferencesChange'];
export type Process = components['schemas']['Process'];
export type ProcessAnswer = components['schemas']['ProcessAnswer'];
export type ProcessEndedPayload = components['schemas']['ProcessEndedPayload'];
export type ProcessList = components['schemas']['ProcessList'];
export type ProcessLog = components['schemas']['ProcessLog'];
export type ProcessLogs = components['schemas']['ProcessLogs'];
export type ProcessOutputPayload = components['schemas']['ProcessOutputPayload'];
export type ProcessRef = components['schemas']['ProcessRef'];
export type ProcessStart = components['schemas']['ProcessStart'];
export type ProcessStartBody = components['schemas']['ProcessStartBody'];
export type ProcessStartedPayload = components['schemas']['ProcessStartedPayload'];
export type ProcessStop = components['schemas']['ProcessStop'];
export type ProcessStopBody = components['schemas']['ProcessStopBody'];
export type Processes = components['schemas']['Processes'];
export type Profile = components['schemas']['Profile'];
export type ProfileAnswer = components['schemas']['ProfileAnswer'];
export type ProfileCreate = components['schemas']['ProfileCreate'];
export type ProfileFields = components['schemas']['ProfileFields'];
export type ProfileList = components['schemas']['ProfileList'];
export type ProfileRef = components['schemas']['ProfileRef'];
export type ProfileRemoved = components['schemas']['ProfileRemoved'];
export type ProfileRequest = components['schemas']['ProfileRequest'];
export type ProfileShown = components['schemas']['ProfileShown'];
export type ProfileUpdate = components['schemas']['ProfileUpdate'];
export type ProfileUpdateBody = components['schemas']['ProfileUpdateBody'];
export type Profiles = components['schemas']['Profiles'];
export type ProviderProblem = components['schemas']['ProviderProblem'];
export type Refresh = components['schemas']['Refresh'];
export type RefreshAnswer = components['schemas']['RefreshAnswer'];
export type Renew = components['schemas']['Renew'];
export type Renewed = components['schemas']['Renewed'];
export type RepositoryClone = components['schemas']['RepositoryClone'];
export type RepositoryCloneBody = components['schemas']['RepositoryCloneBody'];
export type RepositoryCloned = components['schemas']['RepositoryCloned'];
export type ResourceLimits = components['schemas']['ResourceLimits'];
export type ResourceLimitsChange = components['schemas']['ResourceLimitsChange'];
export type ResourceTrends = components['schemas']['ResourceTrends'];
export type ResourceUsage = components['schemas']['ResourceUsage'];
export type ResponseTimes = components['schemas']['ResponseTimes'];
export type RewindAnswer = components['schemas']['RewindAnswer'];
export type RuleList = components['schemas']['RuleList'];
export type RulePage = components['schemas']['RulePage'];
export type RuleRef = components['schemas']['RuleRef'];
export type RuleRemoved = components['schemas']['RuleRemoved'];
export type Sandbox = components['schemas']['Sandbox'];
export type SandboxAnswer = components['schemas']['SandboxAnswer'];
export type SeenProcess = components['schemas']['SeenProcess'];
export type Session = components['schemas']['Session'];
export type SessionAnswer = components['schemas']['SessionAnswer'];
export type SessionConfig = components['schemas']['SessionConfig'];
export type SessionConfigChange = components['schemas']['SessionConfigChange'];
export type SessionCreate = components['schemas']['SessionCreate'];
export type SessionCreated = components['schemas']['SessionCreated'];
export type SessionCreatedEventPayload = components['schemas']['SessionCreatedEventPayload'];
export type SessionDeletedEventPayload = components['schemas']['SessionDeletedEventPayload'];
export type SessionEnsure = components['schemas']['SessionEnsure'];
export type SessionEnsureBody = components['schemas']['SessionEnsureBody'];
export type SessionEnsured = components['schemas']['SessionEnsured'];
export type SessionExpiredPayload = components['schemas']['SessionExpiredPayload'];
export type SessionFields = components['schemas']['SessionFields'];
export type SessionFork = components['schemas']['SessionFork'];
export type SessionForkBody = components['schemas']['SessionForkBody'];
export type SessionForkedPayload = components['schemas']['SessionForkedPayload'];
export type SessionImportedPayload = components['schemas']['SessionImportedPayload'];
export type SessionList = components['schemas']['SessionList'];
export type SessionOwner = components['schemas']['SessionOwner'];
export type SessionPage = components['schemas']['SessionPage'];
export type SessionRef = components['schemas']['SessionRef'];
export type SessionRemoved = components['schemas']['SessionRemoved'];
export type SessionShare = components['schemas']['SessionShare'];
export type SessionShareBody = components['schemas']['SessionShareBody'];
export type SessionSharedPayload = components['schemas']['SessionSharedPayload'];
export type SessionUnshare = components['schemas']['SessionUnshare'];
export type SessionUnsharedPayload = components['schemas']['SessionUnsharedPayload'];
export type SessionUpdate = components['schemas']['SessionUpdate'];
export type SessionUpdateBody = components['schemas']['SessionUpdateBody'];
export type SessionUpdatedEventPayload = components['schemas']['SessionUpdatedEventPayload'];
export type Share = components['schemas']['Share'];
export type ShareAnswer = components['schemas']['ShareAnswer'];
export type ShareRemoved = components['schemas']['ShareRemoved'];
export type Shares = components['schemas']['Shares'];
export type ShellExec = components['schemas']['ShellExec'];
export type ShellExecBody = components['schemas']['ShellExecBody'];
export type ShellExecuted = components['schemas']['ShellExecuted'];
export type ShownLogin = components['schemas']['ShownLogin'];
export type SignInProvider = components['schemas']['SignInProvider'];
export type SignInProviderList = components['schemas']['SignInProviderList'];
export type SignInProviders = components['schemas']['SignInProviders'];
export type StandingModeList = components['schemas']['StandingModeList'];
export type StandingModes = components['schemas']['StandingModes'];
export type StandingRule = components['schemas']['StandingRule'];
export type Subscription = components['schemas']['Subscription'];
export type SystemAgents = components['schemas']['SystemAgents'];
export type SystemKill = components['schemas']['SystemKill'];
export type SystemKillBody = components['schemas']['SystemKillBody'];
export type SystemLoad = components['schemas']['SystemLoad'];
export type SystemProcessList = components['schemas']['SystemProcessList'];
export type SystemProcesses = components['schemas']['SystemProcesses'];
export type SystemResources = components['schemas']['SystemResources'];
export type SystemSampledPayload = components['schemas']['SystemSampledPayload'];
export type SystemUnwatch = components['schemas']['SystemUnwatch'];
export type SystemWatch = components['schemas']['SystemWatch'];
export type Task = components['schemas']['Task'];
export type TaskActivePayload = components['schemas']['TaskActivePayload'];
export type TaskAnswer = components['schemas']['TaskAnswer'];
export type TaskAnsweredPayload = components['schemas']['TaskAnsweredPayload'];
export type TaskCancelledPayload = components['schemas']['TaskCancelledPayload'];
export type TaskCheckedPayload = components['schemas']['TaskCheckedPayload'];
export type TaskChecks = components['schemas']['TaskChecks'];
export type TaskCommand = components['schemas']['TaskCommand'];
export type TaskCommandBody = components['schemas']['TaskCommandBody'];
export type TaskCompare = components['schemas']['TaskCompare'];
export type TaskCompletedPayload = components['schemas']['TaskCompletedPayload'];
export type TaskCondensedPayload = components['schemas']['TaskCondensedPayload'];
export type TaskConfig = components['schemas']['TaskConfig'];
export type TaskCreate = components['schemas']['TaskCreate'];
export type TaskCreateBody = components['schemas']['TaskCreateBody'];
export type TaskCreated = components['schemas']['TaskCreated'];
export type TaskCreatedEventPayload = components['schemas']['TaskCreatedEventPayload'];
export type TaskDifference = components['schemas']['TaskDifference'];
export type TaskError = components['schemas']['TaskError'];
export type TaskFailedPayload = components['schemas']['TaskFailedPayload'];
export type TaskFocusedPayload = components['schemas']['TaskFocusedPayload'];
export type TaskFork = components['schemas']['TaskFork'];
export type TaskForkBody = components['schemas']['TaskForkBody'];
export type TaskForked = components['schemas']['TaskForked'];
export type TaskGet = components['schemas']['TaskGet'];
export type TaskIdlePayload = components['schemas']['TaskIdlePayload'];
export type TaskInteractivePayload = components['schemas']['TaskInteractivePayload'];
export type TaskList = components['schemas']['TaskList'];
export type TaskPage = components['schemas']['TaskPage'];
export type TaskPausedPayload = components['schemas']['TaskPausedPayload'];
export type TaskProgressPayload = components['schemas']['TaskProgressPayload'];
export type TaskRef = components['schemas']['TaskRef'];
export type TaskReinstatedPayload = components['schemas']['TaskReinstatedPayload'];
export type TaskReopenedPayload = components['schemas']['TaskReopenedPayload'];
export type TaskResult = components['schemas']['TaskResult'];
export type TaskResumablePayload = components['schemas']['TaskResumablePayload'];
export type TaskResumedPayload = components['schemas']['TaskResumedPayload'];
export type TaskRetriedPayload = components['schemas']['TaskRetriedPayload'];
export type TaskRetry = components['schemas']['TaskRetry'];
export type TaskRetryBody = components['schemas']['TaskRetryBody'];
export type TaskRetryingPayload = components['schemas']['TaskRetryingPayload'];
export type TaskRewind = components['schemas']['TaskRewind'];
export type TaskRewindBody = components['schemas']['TaskRewindBody'];
export type TaskRewoundPayload = components['schemas']['TaskRewoundPayload'];
export type TaskSay = components['schemas']['TaskSay'];
export type TaskSayBody = components['schemas']['TaskSayBody'];
export type TaskSpawnedPayload = components['schemas']['TaskSpawnedPayload'];
export type TaskStack = components['schemas']['TaskStack'];
export type TaskStackRef = components['schemas']['TaskStackRef'];
export type TaskStartedPayload = components['schemas']['TaskStartedPayload'];
export type TaskTurn = components['schemas']['TaskTurn'];
export type TaskTurnList = components['schemas']['TaskTurnList'];
export type TaskTurnPage = components['schemas']['TaskTurnPage'];
export type TaskUnfocusedPayload = components['schemas']['TaskUnfocusedPayload'];
export type TaskUnpausedPayload = components['schemas']['TaskUnpausedPayload'];
export type TaskUpdate = components['schemas']['TaskUpdate'];
export type TaskUpdateBody = components['schemas']['TaskUpdateBody'];
export type Terminal = components['schemas']['Terminal'];
export type TerminalAnswer = components['schemas']['TerminalAnswer'];
export type TerminalClosedPayload = components['schemas']['TerminalClosedPayload'];
export type TerminalInput = components['schemas']['TerminalInput'];
export type TerminalInputBody = components['schemas']['TerminalInputBody'];
export type TerminalList = components['schemas']['TerminalList'];
export type TerminalOpen = components['schemas']['TerminalOpen'];
export type TerminalOpenBody = components['schemas']['TerminalOpenBody'];
export type TerminalOpenedPayload = components['schemas']['TerminalOpenedPayload'];
export type TerminalOutputPayload = components['schemas']['TerminalOutputPayload'];
export type TerminalRef = components['schemas']['TerminalRef'];
export type TerminalResize = components['schemas']['TerminalResize'];
export type TerminalResizeBody = components['schemas']['TerminalResizeBody'];
export type TerminalScreen = components['schemas']['TerminalScreen'];
export type Terminals = components['schemas']['Terminals'];
export type TextFound = components['schemas']['TextFound'];
export type TextMatch = components['schemas']['TextMatch'];
export type TextSearchRequest = components['schemas']['TextSearchRequest'];
export type TextSearchRequestBody = components['schemas']['TextSearchRequestBody'];
export type Throughput = components['schemas']['Throughput'];
export type TimelineCursor = components['schemas']['TimelineCursor'];
export type TimelineRead = components['schemas']['TimelineRead'];
export type TimelineSlice = components['schemas']['TimelineSlice'];
export type TodosUpdatedPayload = components['schemas']['TodosUpdatedPayload'];
export type TokenUsage = components['schemas']['TokenUsage'];
export type Tokens = components['schemas']['Tokens'];
export type ToolCatalogue = components['schemas']['ToolCatalogue'];
export type ToolCompletedPayload = components['schemas']['ToolCompletedPayload'];
export type ToolDescription = components['schemas']['ToolDescription'];
export type ToolExecute = components['schemas']['ToolExecute'];
export type ToolExecuteBody = components['schemas']['ToolExecuteBody'];
export type ToolExecuted = components['schemas']['ToolExecuted'];
export type ToolFailedPayload = components['schemas']['ToolFailedPayload'];
export type ToolListRequest = components['schemas']['ToolListRequest'];
export type ToolOutcome = components['schemas']['ToolOutcome'];
export type ToolOutputPayload = components['schemas']['ToolOutputPayload'];
export type ToolParameter = components['schemas']['ToolParameter'];
export type ToolStartedPayload = components['schemas']['ToolStartedPayload'];
export type ToolUse = components['schemas']['ToolUse'];
export type Transferred = components['schemas']['Transferred'];
export type Unanswered = components['schemas']['Unanswered'];
export type UnattendedPolicy = components['schemas']['UnattendedPolicy'];
export type UsagePage = components['schemas']['UsagePage'];
export type UsageReport = components['schemas']['UsageReport'];
export type UsageRow = components['schemas']['UsageRow'];
export type UsageSums = components['schemas']['UsageSums'];
export type UsageUpdatedPayload = components['schemas']['UsageUpdatedPayload'];
export type User = components['schemas']['User'];
export type UserCreate = components['schemas']['UserCreate'];
export type UserInvitation = components['schemas']['UserInvitation'];
export type UserInvited = components['schemas']['UserInvited'];
export type UserList = components['schemas']['UserList'];
export type UserLogOut = components['schemas']['UserLogOut'];
export type UserMade = components['schemas']['UserMade'];
export type UserPage = components['schemas']['UserPage'];
export type UserPreferences = components['schemas']['UserPreferences'];
export type UserRef = components['schemas']['UserRef'];
export type UserShown = components['schemas']['UserShown'];
export type UserUpdate = components['schemas']['UserUpdate'];
export type UserUpdateBody = components['schemas']['UserUpdateBody'];
export type WatchFilters = components['schemas']['WatchFilters'];
export type WatchedChannels = components['schemas']['WatchedChannels'];
export type Webhook = components['schemas']['Webhook'];
export type WebhookCreate = components['schemas']['WebhookCreate'];
export type WebhookDisabledPayload = components['schemas']['WebhookDisabledPayload'];
export type WebhookList = components['schemas']['WebhookList'];
export type WebhookRedeliver = components['schemas']['WebhookRedeliver'];
export type WebhookRedeliverBody = components['schemas']['WebhookRedeliverBody'];
export type WebhookRef = components['schemas']['WebhookRef'];
export type WebhookRemoved = components['schemas']['WebhookRemoved'];
export type WebhookRotate = components['schemas']['WebhookRotate'];
export type WebhookRotateBody = components['schemas']['WebhookRotateBody'];
export type WebhookShown = components['schemas']['WebhookShown'];
export type WebhookUpdate = components['schemas']['WebhookUpdate'];
export type WebhookUpdateBody = components['schemas']['WebhookUpdateBody'];
export type WebhookWithSecret = components['schemas']['WebhookWithSecret'];
export type Webhooks = components['schemas']['Webhooks'];
export type WorkspaceChangedPayload = components['schemas']['WorkspaceChangedPayload'];
export type WorkspaceImportedPayload = components['schemas']['WorkspaceImportedPayload'];
export type WorkspaceLocation = components['schemas']['WorkspaceLocation'];
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
