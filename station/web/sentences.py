"""What the station says itself, for the catalogues: English, with a {hole} wherever it puts in a name or a number.

A test takes every sentence out of the modules that say them and finds it here.
"""

from __future__ import annotations


def N_(english: str) -> str:  # noqa: N802 - gettext's name for a text that is only marked
    """A text that is looked up later."""
    return english


WORDS = (N_("Starting"), N_("Stopped"), N_("Fault"), N_("Not verified"), N_("Ready"), N_("Inspecting"))  # of a state
SENTENCES: tuple[str, ...] = (
    N_("A measure is missing or not a number. Call the technician."),
    N_("This is no part that the station knows; expected is {part}."),
    N_("This is {seen}; expected is {part}."),
    N_("The station is not verified for this order."),
    N_("The light is at {share} of its calibration. Look at the lamp."),
    N_("The picture is too bright in places. Turn the part, or look at the lamp."),
    N_("The picture is not sharp. Wipe the lens, or call the technician."),
    N_("No part is seen. Lay one part in the middle of the stage."),
    N_("More than one part is seen. Leave one on the stage."),
    N_("The part is not wholly in view. Move it to the middle."),
    N_("The part was moving. Lay it down and take the hand away."),
    N_("Too close to call. Turn the part and lay it again."),
    N_("Too close to call again. Wipe the part and lay it in the middle of the stage."),
    N_("Put the part aside, on hold."),
    N_("Lay the {part} on the stage."),
    N_("Lay {part} on the stage."),
    N_("golden part {id}"),
    N_("golden part"),
    N_("challenge part {id}"),
    N_("challenge part"),
    N_("Take the part away and leave the stage empty."),
    N_("Look at the order, the bundle and the parts, then call `station verification run`."),
    N_("Bypassed by {name} until {time}: {reason}."),
    N_("Verification has failed: {why}."),
    N_("The {part} in record {record} got {verdict}"),
    N_("The {part} was due on {date}, by a clock that is not synchronised."),
    N_("The {part} was due on {date}."),
    N_("Have it checked, and give it a new date in station.toml."),
    N_("The station has started."),
    N_("The time of the last verification has run out."),
    N_("Another bundle is in use."),
    N_("The watch for drift has failed: verify again, and call the technician if it comes back."),
    N_("The light has risen from {then} to {now} of its calibration: look for other light, then verify again."),
    N_("The light has fallen from {then} to {now} of its calibration: look at the lamp, then verify again."),
    N_("The light is at {now} of its calibration; run `station calibrate`."),
    N_("Sharpness has fallen from {then} to {now} of its calibration: look at lens and focus, then verify again."),
    N_("Sharpness is at {now} of its calibration: wipe the lens, then run `station calibrate`."),
    N_("More of the picture is too bright than before: look at lamp and exposure, then verify again."),
    N_("{now} more of the picture is too bright than when it was calibrated; run `station calibrate`."),
    N_(
        "Right parts have moved from {then} to {now} of their distance limit: look at light, lens and lot, then verify again."
    ),
    N_("Right parts score {now} instead of {then}: look at light, lens and lot, then verify again."),
    N_("{count} of the last {of} placements were unsure: look at light and lens, then verify again."),
    N_("{count} of the last {of} placements were rejected: look at order, box and stage, then verify again."),
    N_("One"),
    N_("Two"),
    N_("Three"),
    N_("Four"),
    N_("Five"),
    N_("Six"),
    N_("Seven"),
    N_("Eight"),
    N_("Nine"),
    N_("Ten"),
    N_("one"),
    N_("two"),
    N_("three"),
    N_("four"),
    N_("five"),
    N_("six"),
    N_("seven"),
    N_("eight"),
    N_("nine"),
    N_("ten"),
    N_("the camera gave an old picture; unplug it and plug it in again"),
    N_("The record took longer than {seconds} s, so the line was not told: look at the disk."),
    N_("{what} cannot be judged: {trouble}."),
    N_("The picture could not be judged: {trouble}."),
    N_("The station has a fault of its own: {trouble}"),
    N_("{bundle} was refused, {former} stays in use: {trouble}"),
    N_("The shadow bundle is not at work: {trouble}"),
    N_("What was asked for in {note} was refused: {trouble}"),
    N_("Name and PIN do not belong together."),
    N_("Too many wrong PINs: wait {time}, or ask a supervisor."),
    N_("{count} seconds"),
    N_("{count} minutes"),
    N_("Too many sign-ins were refused at this station; wait a minute."),
    N_("This page was too old. Sign in again."),
    N_(
        "The accounts in {folder} cannot be used ({trouble}); run as the user that the data folder belongs to, and look at its disk."
    ),
    N_("{camera} is not open: open it before reading."),
    N_("{camera} stamps its frames with another clock: set its driver to the monotonic clock."),
    N_("{camera} gave a stale frame, {age} s old: plug the camera in anew."),
    N_("{camera} gave its frames out of order: plug the camera in anew."),
    N_(
        "{camera} is frozen, it repeats a former picture: plug the camera in anew, and see that the lamp is on and the lens uncovered."
    ),
    N_("{camera} gave a torn picture: try another cable or USB port."),
    N_("{camera} gave a frame from before its trigger: plug the camera in anew."),
    N_(
        "The camera shows a part exactly as it showed one before: plug the camera in anew, and see that nothing but the stage is before it."
    ),
    N_("The camera {camera} gives only old frames: restart the computer."),
    N_("The camera {camera} has no size {size}: set {got}, or one that it offers."),
    N_("The camera {camera} is not open: open it before reading."),
    N_("picamera2 is missing: apt install python3-picamera2, and make the venv anew."),
    N_(
        "The camera {camera} cannot be used ({trouble}): check its ribbon cable with rpicam-hello --list-cameras, and close the program that uses it."
    ),
    N_("The camera {camera} has stalled: check its ribbon cable."),
    N_("The camera {camera} gives only old or torn frames: try another cable or USB port."),
    N_("There is no camera at {camera}: plug it in; /dev/v4l/by-id lists those there are."),
    N_("The camera {camera} may not be opened: add the station's user to the group video."),
    N_("The camera {camera} cannot be used: close the program that uses it."),
    N_("The camera {camera} was unplugged or has stalled: check its cable."),
    N_("The simulated camera is unplugged: plug it in again."),
    N_("The simulated camera is not open: open it first."),
    N_("The simulated camera was unplugged: plug it in again."),
    N_("There is no room for the log in {folder}: make room on its disk, or name a data folder on another."),
    N_("The log in {folder} cannot be written: run as the user it belongs to, on a disk that is mounted writable."),
    N_("A part of the log in {folder} is gone ({trouble}): see that its disk is plugged in and mounted."),
    N_("Something lies where the log in {folder} needs a folder or file of its own ({trouble}): move it aside."),
    N_("The database in {folder} is damaged ({trouble}): move station.db aside and put a backup in its place."),
    N_("Another program keeps the database in {folder} to itself: close it."),
    N_("The record is not fit to be kept ({trouble}): this is a fault of the station; send it to its maker."),
    N_("The log in {folder} could not be written ({trouble}): look at the disk and its cable."),
    N_("The file system of {path} cannot keep a log safely (no WAL): put the data folder on a local disk."),
    N_("Another station writes into {folder}: stop it, or name another data folder."),
    N_("{path} is not the log of before: mount its disk, or restart the station."),
    N_("{path} was replaced while the station runs: restart the station."),
    N_("The verdict has no record, so the line is not told: keep the record first."),
    N_("There is no GPIO chip {chip}: give as `chip` a label that `gpiodetect` shows."),
    N_("GPIO needs gpiozero and lgpio ({trouble}): install the station with its extra `pi`."),
    N_("GPIO needs gpiozero ({trouble}): install the station with its extra `pi`."),
    N_("{path} cannot be opened ({trouble}): `sudo usermod -aG gpio $USER`, and log in again."),
    N_("The line did not acknowledge within {seconds} s: look at the controller and at the wire of ACK, GPIO {pin}."),
    N_(
        "The line did not acknowledge record {record} within {seconds} s: look at the controller and at the cable of {port}."
    ),
    N_("The line did not acknowledge the verdict: look at its controller."),
    N_("The line cannot be reached: look at its cable."),
    N_("The GPIO line is not open: open it first."),
    N_("The GPIO chip does not obey ({trouble}): look whether it is still there."),
    N_(
        "{word} cannot have GPIO {pin} ({trouble}): stop the program that holds it, which `gpioinfo` names, or give another pin in station.toml."
    ),
    N_("{port} cannot be opened ({trouble}): look at `port` and `baud` in station.toml."),
    N_("Another program holds {port}: `fuser {again}` tells which; stop it."),
    N_("There is no {port}: plug it in, or give the port that `ls /dev/serial/by-id` shows."),
    N_("{port} may not be opened: `sudo usermod -aG dialout $USER`, and log in again."),
    N_("{port} is not open: open it first."),
    N_("{port} takes in nothing ({trouble}): look at the cable, and whether the controller reads."),
    N_("{port} is gone ({trouble}): plug it in again."),
    N_(
        "Of {other} at most {share} pass as {part}, with {confidence} confidence ({escapes} of {trials} specimens did)."
    ),
    N_(
        "That at most {share} of {other} pass as {part} is not shown: {escapes} of {trials} specimens did, which shows {shown} with {confidence} confidence."
    ),
    N_("It takes {count} more of them, none of which passes."),
    N_("The pictures do not tell their sessions, measured {date}."),
    N_("The pictures do not tell their sessions."),
    N_("They are of one session: no other has been tried, measured {date}."),
    N_("They are of one session: no other has been tried."),
    N_("They are of {count} sessions, measured {date}."),
    N_("They are of {count} sessions."),
)
