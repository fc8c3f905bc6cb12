from pathlib import Path

from django.apps import apps

from checks.layers import layer_of_each_app


def test_foreign_keys_point_down_or_stay_in_their_app():
    layers = layer_of_each_app(Path(__file__).parent.parent)
    upward = [
        f"{model._meta.label}.{field.name} -> {field.related_model._meta.label}"
        for model in apps.get_models()
        if model._meta.app_label in layers
        for field in (*model._meta.fields, *model._meta.many_to_many)
        if field.is_relation
        and field.related_model._meta.app_label in layers
        and field.related_model._meta.app_label != model._meta.app_label
        and layers[field.related_model._meta.app_label] >= layers[model._meta.app_label]
    ]

    assert upward == []


def test_every_app_of_ours_has_a_layer():
    layers = layer_of_each_app(Path(__file__).parent.parent)
    ours = {config.label for config in apps.get_app_configs() if config.name.startswith("teahorse.")}

    assert ours == set(layers)
