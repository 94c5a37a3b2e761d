"""What is stored of a session is found from the schema; what is not copied is named with its reason."""

from __future__ import annotations

from roocode_server.engine.storage.session_rows import NOT_COPIED, OWNED, Renaming
from roocode_server.engine.storage.tables import metadata, sessions, tasks


def test_every_table_that_names_sessions_or_tasks_is_copied_or_left_out_for_a_reason() -> None:
    owned = {table.name for table in OWNED}
    of_sessions = {sessions.name}
    for table in metadata.sorted_tables:
        referred = {key.column.table.name for key in table.foreign_keys}
        names_one = {"session_id", "task_id"} & set(table.columns.keys())
        if names_one or referred & of_sessions:
            of_sessions.add(table.name)
    assert owned | NOT_COPIED.keys() == of_sessions
    assert not owned & NOT_COPIED.keys()


def test_a_table_comes_after_those_that_it_refers_to() -> None:
    names = [table.name for table in OWNED]
    for position, table in enumerate(OWNED):
        for key in table.foreign_keys:
            referred = key.column.table
            assert referred is sessions or referred.name in names[:position]
    assert tasks in OWNED


def test_ids_are_renamed_wherever_they_stand_and_others_stay() -> None:
    old, new, other = f"task-{'a' * 20}", f"task-{'b' * 20}", f"task-{'c' * 20}"
    renaming = Renaming({old: new})
    assert renaming.applied(f'{{"key":"call/{old}/c1","{old}":"{other}"}}') == (
        f'{{"key":"call/{new}/c1","{new}":"{other}"}}'
    )
    assert renaming.applied(f"{old}-0-2 {old}".encode()) == f"{new}-0-2 {new}".encode()
    assert renaming.applied(f"{old}0") == f"{old}0"
    assert [renaming.applied(each) for each in (7, None, True, 0.5)] == [7, None, True, 0.5]


def test_what_is_renamed_gets_a_new_id_of_its_kind_unless_it_is_known() -> None:
    session, task = f"session-{'1' * 20}", f"task-{'2' * 20}"
    names = Renaming.of([session, task], {session: "session-known"}).names
    assert names[session] == "session-known"
    assert names[task].startswith("task-")
    assert names[task] != task
