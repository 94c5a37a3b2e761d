"""The parts of the shell language that are understood: node types of bash's grammar, tokens, and names."""

from __future__ import annotations

import re
from typing import Final


def _set(names: str) -> frozenset[str]:
    return frozenset(names.split())


KNOWN: Final = _set(
    """
    program list pipeline subshell compound_statement redirected_statement negated_command for_statement
    while_statement do_group if_statement elif_clause else_clause case_statement case_item command
    command_name declaration_command unset_command variable_assignment variable_assignments file_redirect
    herestring_redirect heredoc_redirect concatenation string simple_expansion expansion
    command_substitution process_substitution heredoc_body test_command unary_expression binary_expression
    arithmetic_expansion parenthesized_expression brace_expression word number string_content raw_string
    variable_name special_variable_name file_descriptor comment heredoc_start heredoc_content heredoc_end
    test_operator extglob_pattern
    """
)
"""Everything else in bash is interpreted differently by other shells, or runs what no parser sees."""

TOKENS: Final = _set(
    """
    ; & && || | ( ) { } ! if then elif else fi for in while until do done case esac ;; $ ${ $( ` " < > >> <&
    >& >| <> <( >( << <<- <<< = != += [ ] :- - :+ + :? ? # ## % %% $(( )) * / .. export readonly unset
    """
) | {"\n"}

ARITHMETIC: Final = _set(
    "arithmetic_expansion binary_expression unary_expression parenthesized_expression number"
)
EXPANSION_OPERATORS: Final = _set("${ } :- - :+ + :? ? # ## % %%")
TEST_OPERATORS_THAT_DIVIDE: Final = _set("&& || ( ) < > ;")

COMMANDS: Final = _set("command declaration_command unset_command test_command")
BESIDE_WORDS: Final = _set("file_redirect herestring_redirect heredoc_redirect ]")
TEXTS: Final = _set("string heredoc_body")
"""Nodes with text between their children that has no node of its own."""

BARE: Final = _set("word number variable_name extglob_pattern file_descriptor test_operator")
"""Leaves that are not quoted."""

ASSIGNING: Final = _set(
    "export readonly unset read getopts printf declare typeset local mapfile readarray let set"
)

DECIDES_WHAT_RUNS: Final = re.compile(
    r"""PATH|IFS|ENV|BASH_ENV|BASHOPTS|SHELLOPTS|SHELL|CDPATH|PS4|PROMPT_COMMAND|HOME|EDITOR|VISUAL|PAGER
    |LD_.*|DYLD_.*|GCONV_PATH|LOCPATH|GIT_.*|.*_PAGER|.*_EDITOR|NODE_.*|npm_config_.*|NPM_CONFIG_.*
    |PYTHON.*|PERL.*|RUBY.*|JAVA_TOOL_OPTIONS|_JAVA_OPTIONS|XDG_CONFIG_.*""",
    re.VERBOSE,
)
"""Variables with which a shell or a common tool chooses what it runs."""

WRAPPERS: Final = _set(
    """
    env sudo doas su xargs nohup timeout time nice ionice exec command builtin eval setsid stdbuf watch
    strace find parallel sh bash dash ash zsh ksh busybox chroot flock trap coproc unshare nsenter script
    """
)
"""Commands that run the command given as their arguments."""

RUNNING_ANYTHING: Final = WRAPPERS | _set(
    """
    ssh scp rsync tar sed docker podman kubectl nc ncat socat vi vim ex ed emacs less more man npx uvx pipx
    bunx tmux screen gdb
    """
)
"""Programs that some further word makes run any code."""

INTERPRETERS: Final = _set(
    "python python2 python3 node deno bun ruby perl php lua Rscript awk gawk mawk",
)
"""Programs that run the code of a file, or of an option."""

WRITING: Final = _set(
    """
    tee cp mv ln install rm rmdir unlink shred touch truncate dd sed patch rsync mkdir chmod chown chattr
    setfacl sponge sort split csplit ed ex vi vim nano
    """
)
"""Commands that change the files they name. Any other program may do so as well."""

MOVING: Final = _set("cd pushd popd chdir")
"""Commands that change the working directory."""
