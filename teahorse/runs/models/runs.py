"""Runs as they were given out, their stops in order, what is done at each, and the proof of it."""

from django.db import models

from teahorse.common.models import CountyOwned
from teahorse.people.models import Person, ServicePoint
from teahorse.runs.models.plans import DayPlan
from teahorse.runs.models.vehicles import Vehicle


class Run(CountyOwned):
    """
    A vehicle's day with its driver, as a plan gave it out.

    That no driver and no vehicle has two runs at one time the database's exclusion constraints ``nobody_drives_two_runs_at_once`` and
    ``no_vehicle_drives_two_runs_at_once`` hold; a run that was called off counts no more.
    """

    class Stage(models.TextChoices):
        RELEASED = "released"
        UNDER_WAY = "under_way"
        FINISHED = "finished"
        CALLED_OFF = "called_off"

    NEXT = {
        Stage.RELEASED: (Stage.UNDER_WAY, Stage.CALLED_OFF),
        Stage.UNDER_WAY: (Stage.FINISHED,),
        Stage.FINISHED: (),
        Stage.CALLED_OFF: (),
    }

    plan = models.ForeignKey(DayPlan, models.PROTECT, related_name="runs")
    vehicle = models.ForeignKey(Vehicle, models.PROTECT, related_name="runs")
    driver = models.ForeignKey(Person, models.PROTECT, related_name="+")
    stage = models.CharField(max_length=10, choices=Stage.choices, default=Stage.RELEASED)
    begins_at = models.DateTimeField(help_text="as planned")
    ends_at = models.DateTimeField(help_text="as planned")
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    cost_fen = models.BigIntegerField()
    metres = models.PositiveIntegerField()
    empty_metres = models.PositiveIntegerField()
    fullest_basis_points = models.PositiveIntegerField(help_text="how full it is where it is fullest, by weight or volume; 10000 is full")

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(ends_at__gte=models.F("begins_at")), name="a_run_ends_after_it_begins")]
        indexes = [
            models.Index(fields=["driver", "-begins_at"], name="run_of_driver"),
            models.Index(fields=["vehicle", "-begins_at"], name="run_of_vehicle"),
        ]

    def __str__(self) -> str:
        return f"{self.vehicle} {self.begins_at:%F %R}"


class Stop(CountyOwned):
    """A run's call at a place; the first sets out, the last comes home. What was done there is told by its handlings."""

    class Kind(models.TextChoices):
        SET_OUT = "set_out"
        CALL = "call"
        RELOAD = "reload"
        COME_HOME = "come_home"

    run = models.ForeignKey(Run, models.CASCADE, related_name="stops")
    number = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    place = models.ForeignKey(ServicePoint, models.PROTECT, related_name="+")
    arrives_at = models.DateTimeField(help_text="as planned, as are the others")
    leaves_at = models.DateTimeField()
    rests_at = models.DateTimeField(null=True, help_text="when the break begins that lies before it or at it")
    metres = models.PositiveIntegerField(help_text="of the way that leads to it")
    climb_m = models.PositiveIntegerField(default=0, db_default=0, help_text="and how much it climbs")
    code = models.CharField(max_length=6, help_text="what the service point shows the driver who hands over")
    done_at = models.DateTimeField(null=True, help_text="when the driver said that all was done there")
    told_at = models.DateTimeField(null=True, help_text="when that came here")
    dropped_at = models.DateTimeField(null=True, help_text="when another plan took it off; what a phone tells of it still counts")
    told_key = models.UUIDField(null=True, unique=True, help_text="the phone's key of what it told")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="a_run_has_its_stops_in_order")]
        indexes = [models.Index(fields=["place", "arrives_at"], name="stop_at_place")]

    def __str__(self) -> str:
        return f"{self.number} {self.place}"


class Handling(CountyOwned):
    """A parcel or unit is loaded, brought or fetched at a stop; what came of it, and the scan that says so."""

    class Doing(models.TextChoices):
        LOAD = "load"
        DELIVER = "deliver"
        COLLECT = "collect"
        UNLOAD = "unload"

    class Outcome(models.TextChoices):
        OPEN = ""
        DONE = "done"
        NOT_MET = "not_met"
        REFUSED = "refused"
        MISSING = "missing"

    stop = models.ForeignKey(Stop, models.CASCADE, related_name="handlings")
    task = models.CharField(max_length=60, help_text="of the plan; empty: it was not planned")
    thing_id = models.UUIDField()
    code = models.CharField(max_length=24)
    doing = models.CharField(max_length=8, choices=Doing.choices)
    grams = models.PositiveIntegerField()
    cm3 = models.PositiveIntegerField()
    outcome = models.CharField(max_length=8, choices=Outcome.choices, blank=True, default=Outcome.OPEN)
    scan_id = models.UUIDField(null=True, unique=True)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["stop", "thing_id", "doing"], name="a_thing_is_handled_once_at_a_stop")]
        indexes = [models.Index(fields=["thing_id"], name="handling_of_thing")]

    def __str__(self) -> str:
        return f"{self.doing} {self.code}"


class Proof(CountyOwned):
    """That goods were handed over at a stop: the receiver's code, or her signature or a photograph, written anew."""

    class Kind(models.TextChoices):
        CODE = "code"
        SIGNATURE = "signature"
        PHOTOGRAPH = "photograph"

    stop = models.ForeignKey(Stop, models.CASCADE, related_name="proofs")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    holds = models.BooleanField(default=True, help_text="no: the code is another one; what was done stays told")
    sha256 = models.CharField(max_length=64, blank=True)
    content = models.BinaryField(default=b"")
    told_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["stop", "kind", "sha256"], name="a_proof_is_kept_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.told_at:%F %T}"
