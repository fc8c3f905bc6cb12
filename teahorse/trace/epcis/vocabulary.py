"""
The words of the Core Business Vocabulary 2.0 (CBV, sections 7 and 8.5) and of the GS1 Web vocabulary that events use.

A standard word has three forms: bare (``shipping``, as JSON writes it), a URN (``urn:epcglobal:cbv:bizstep:shipping``, the
form of EPCIS 1.2 and XML) and a web address (``https://ref.gs1.org/cbv/BizStep-shipping``, the form that is hashed).
"""

import msgspec

CBV = "https://ref.gs1.org/cbv/"
CBV_URN = "urn:epcglobal:cbv:"
WEB_VOCABULARY = "https://gs1.org/voc/"
# what a compact address may begin with though no @context of the document says so
STANDARD_PREFIXES = {"cbv": CBV, "epcis": "https://ref.gs1.org/epcis/", "gs1": WEB_VOCABULARY, "cbvmda": "urn:epcglobal:cbv:mda:"}


class Vocabulary(msgspec.Struct, frozen=True, kw_only=True):
    """One closed list of bare words; ``web`` and ``urn`` stand before a word in its other two forms."""

    name: str
    words: frozenset[str]
    web: str
    urn: str = ""
    refused: tuple[str, ...] = (CBV_URN, "https://ns.gs1.org/cbv/", "http://ns.gs1.org/cbv/")

    def bare(self, text: str) -> str:
        """Return the bare word that ``text`` says in any of its forms, or "" where it is none of this vocabulary's."""
        for head in (self.web, self.urn, f"cbv:{self.web.removeprefix(CBV)}", f"gs1:{self.web.removeprefix(WEB_VOCABULARY)}"):
            if head and text.startswith(head):
                text = text[len(head) :]
                break
        return text if text in self.words else ""

    def address(self, text: str) -> str:
        """Return the web address of a word in any form; a word of somebody else's is returned as it is."""
        word = self.bare(text)
        return self.web + word if word else text

    def name_of(self, text: str) -> str:
        """Return the URN of a word in any form, "" where the vocabulary has none or does not know the word."""
        word = self.bare(text)
        return self.urn + word if word and self.urn else ""

    def allows(self, text: str) -> bool:
        """
        Say whether a JSON event may say ``text``, which is a bare word or else a URI, here.

        As in GS1's JSON schema a standard word is not written as a URN; nor may anybody add to the standard's own lists.
        """
        if text in self.words:
            return True
        if ":" not in text or text.startswith(self.refused):
            return False
        if text.startswith((self.web, "cbv:", "gs1:")):
            return bool(self.bare(text))
        return True


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


BIZ_STEP = Vocabulary(
    name="bizStep",
    web=f"{CBV}BizStep-",
    urn=f"{CBV_URN}bizstep:",
    words=_words(
        """
        accepting arriving assembling collecting commissioning consigning creating_class_instance cycle_counting decommissioning
        departing destroying disassembling dispensing encoding entering_exiting holding inspecting installing killing loading other
        packing picking receiving removing repackaging repairing replacing reserving retail_selling sampling sensor_reporting shipping
        staging_outbound stock_taking stocking storing transporting unloading unpacking void_shipping
        """
    ),
)
DISPOSITION = Vocabulary(
    name="disposition",
    web=f"{CBV}Disp-",
    urn=f"{CBV_URN}disp:",
    words=_words(
        """
        active available completeness_inferred completeness_verified conformant container_closed container_open damaged destroyed
        dispensed disposed encoded expired in_progress in_transit inactive mismatch_class mismatch_instance mismatch_quantity
        needs_replacement no_pedigree_match non_conformant non_sellable_other partially_dispensed recalled reserved retail_sold
        returned sellable_accessible sellable_not_accessible stolen unavailable unknown
        """
    ),
)
BUSINESS_TRANSACTION = Vocabulary(
    name="bizTransaction type",
    web=f"{CBV}BTT-",
    urn=f"{CBV_URN}btt:",
    words=_words("bol cert desadv inv pedigree po poc prodorder recadv rma testprd testres upevt"),
)
SOURCE_OR_DESTINATION = Vocabulary(
    name="source or destination type",
    web=f"{CBV}SDT-",
    urn=f"{CBV_URN}sdt:",
    words=frozenset({"owning_party", "possessing_party", "location"}),
)
ERROR_REASON = Vocabulary(
    name="error reason",
    web=f"{CBV}ER-",
    urn=f"{CBV_URN}er:",
    words=frozenset({"did_not_occur", "incorrect_data"}),
)
COMPONENT = Vocabulary(
    name="component",
    web=f"{CBV}Comp-",
    words=_words(
        """
        x y z axial_distance azimuth height spherical_radius polar_angle elevation_angle easting northing latitude longitude altitude
        """
    ),
)
WEB_ONLY = ("https://gs1.org/voc/", "http://gs1.org/voc/", "https://www.gs1.org/voc/", "http://www.gs1.org/voc/")
SENSOR_ALERT = Vocabulary(
    name="sensor alert",
    web=WEB_VOCABULARY,
    words=frozenset({"ALARM_CONDITION", "ERROR_CONDITION"}),
    refused=WEB_ONLY,
)
MEASUREMENT = Vocabulary(
    name="measurement type",
    web=WEB_VOCABULARY,
    words=_words(
        """
        AbsoluteHumidity AbsorbedDose AbsorbedDoseRate Acceleration Altitude AmountOfSubstance AmountOfSubstancePerUnitVolume Angle
        AngularAcceleration AngularMomentum AngularVelocity Area Capacitance Conductance Conductivity Count Density Dimensionless
        DoseEquivalent DoseEquivalentRate DynamicViscosity ElectricCharge ElectricCurrent ElectricCurrentDensity ElectricFieldStrength
        Energy Exposure Force Frequency Illuminance Inductance Irradiance KinematicViscosity Length LinearMomentum Luminance
        LuminousFlux LuminousIntensity MagneticFlux MagneticFluxDensity MagneticVectorPotential Mass MassConcentration MassFlowRate
        MassPerAreaTime MemoryCapacity MolalityOfSolute MolarEnergy MolarMass MolarVolume Power Pressure RadiantFlux RadiantIntensity
        Radioactivity RelativeHumidity Resistance Resistivity SolidAngle SpecificVolume Speed SurfaceDensity SurfaceTension Temperature
        Time Torque Voltage Volume VolumeFlowRate VolumeFraction VolumetricFlux Wavenumber
        """
    ),
    refused=WEB_ONLY,
)
ALL = (BIZ_STEP, DISPOSITION, BUSINESS_TRANSACTION, SOURCE_OR_DESTINATION, ERROR_REASON, COMPONENT, SENSOR_ALERT, MEASUREMENT)


def modern(urn: str) -> str:
    """Return the web address of a standard word's URN of EPCIS 1.2; any other text as it is."""
    for vocabulary in ALL:
        if vocabulary.urn and urn.startswith(vocabulary.urn):
            return vocabulary.web + urn[len(vocabulary.urn) :]
    return urn
