"""Rows of JSON as models."""

import pytest
from django.db import models
from django.test.utils import isolate_apps

from teahorse.common.rows import as_model


@isolate_apps("teahorse.common")
def test_a_column_for_which_json_has_no_exact_value_is_refused():
    class Weighed(models.Model):
        grams = models.DecimalField(max_digits=8, decimal_places=3)

        class Meta:
            app_label = "common"

        def __str__(self):
            return f"{self.grams}"

    assert as_model(Weighed, {"id": 1}).pk == 1
    with pytest.raises(TypeError, match="exact"):
        as_model(Weighed, {"id": 1, "grams": 0.1})
