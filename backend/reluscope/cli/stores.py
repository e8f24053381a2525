"""What the doctor finds where runs are to be kept."""

import os
import shutil
from pathlib import Path

from ..errors import StoreInUse, StoreTooNew
from ..settings import Settings
from .finding import SCARCE_BYTES, Finding, Findings, Verdict, size


def store(settings: Settings) -> Findings:
    """Whether runs can be kept, what is kept already, and who has it."""
    if not settings.store:
        yield Finding("store", "ok", "none: runs are kept in memory alone")
    elif settings.database_url is not None:
        yield _database(settings.database_url.get_secret_value())
    else:
        yield _folder(settings.data)


def _database(url: str) -> Finding:
    from sqlalchemy.exc import ArgumentError, DBAPIError

    from ..runs.store.database import Database

    try:
        database = Database.at(url)
    except ArgumentError:
        advice = "expected a URL such as postgresql://user:password@host/name"
        return Finding("database", "problem", "--database-url is no URL of PostgreSQL", advice)
    except ImportError:
        advice = "pip install 'reluscope[postgres]'"
        return Finding("database", "problem", "nothing is installed that speaks PostgreSQL", advice)
    try:
        there = database.look()
    except StoreTooNew as error:
        return Finding("database", "problem", str(error), "install that version")
    except DBAPIError as error:
        reason = " ".join(str(error.orig).split())
        if database.url.password:
            reason = reason.replace(database.url.password, "***")
        advice = "is it started, and are host, name, user and password right?"
        return Finding("database", "problem", f"{database} does not answer: {reason}", advice)
    held = f", in use by {there.holder}" if there.holder else ""
    return Finding("database", "ok", f"{database}, {there.runs} runs{held}")


def _folder(path: Path) -> Finding:
    from sqlalchemy.exc import DBAPIError

    from ..runs.store.database import Database
    from ..runs.store.folder import FILE, Folder

    def finding(verdict: Verdict, told: str, advice: str | None = None) -> Finding:
        return Finding("data folder", verdict, f"{path}: {told}", advice)

    there = next(folder for folder in (path, *path.parents) if folder.exists())
    if not there.is_dir():
        return finding("problem", f"{there} is no folder", "name another place by --data")
    if not os.access(there, os.W_OK | os.X_OK):
        return finding(
            "problem", f"{there} cannot be written", "have it, or name another by --data"
        )
    free = shutil.disk_usage(there).free
    told = [f"{size(free)} free"]
    file = path / FILE
    if file.exists():
        taken = sum(each.stat().st_size for each in path.rglob("*") if each.is_file())
        try:
            told.insert(0, f"{Database.in_file(file).look().runs} runs in {size(taken)}")
        except StoreTooNew as error:
            return finding("problem", str(error), "install that version, or name another by --data")
        except DBAPIError as error:
            return finding(
                "problem", f"{FILE} cannot be read: {error.orig}", "restore a copy of it"
            )
    else:
        told.insert(0, "nothing in it yet")
    try:
        Folder(path).look()
    except StoreInUse as error:
        told.append(str(error).partition(" is ")[2])
    except OSError as error:
        return finding("problem", f"cannot be locked: {error.strerror}", "name another by --data")
    few = free < SCARCE_BYTES
    return finding("warning" if few else "ok", ", ".join(told), "make room" if few else None)
