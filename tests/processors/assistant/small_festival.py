# ruff: noqa: E501 - rows of tables
"""A small festival of our own for tests of the assistant: two stages, five acts, a few places and approved answers."""

from __future__ import annotations

from pathlib import Path

TABLES = {
    "acts.csv": """act_id,name,genres,tags,language,popularity,accessible_show
x1,Lluvia de Marzo,indie|pop,mood:calm|similar:x2,es,0.9,sign_language
x2,Paper Lanterns,indie|folk,mood:dreamy|similar:x1,en,0.6,
x3,Horno Azul,metal,mood:intense,es,0.5,
x4,DJ Ventana,techno,mood:hypnotic,instrumental,0.7,
x5,Paper Tigers,punk,mood:fast,en,0.4,
""",
    "programme.csv": """day,start,end,stage,act,act_id,kind,status,previous_stage,previous_start
2024-08-02,2024-08-02T20:00:00+02:00,2024-08-02T21:00:00+02:00,stage_lago,Lluvia de Marzo,x1,concert,scheduled,,
2024-08-02,2024-08-02T20:30:00+02:00,2024-08-02T21:30:00+02:00,stage_pinar,Paper Lanterns,x2,concert,moved,stage_lago,2024-08-02T19:00:00+02:00
2024-08-02,2024-08-02T22:00:00+02:00,2024-08-02T23:00:00+02:00,stage_lago,Horno Azul,x3,concert,cancelled,,
2024-08-02,2024-08-03T01:30:00+02:00,2024-08-03T03:00:00+02:00,stage_lago,DJ Ventana,x4,dj,scheduled,,
2024-08-03,2024-08-03T21:00:00+02:00,2024-08-03T22:00:00+02:00,stage_pinar,Paper Tigers,x5,concert,scheduled,,
2024-08-03,2024-08-03T23:00:00+02:00,2024-08-04T00:00:00+02:00,stage_lago,Lluvia de Marzo,x1,concert,scheduled,,
""",
    "places.csv": """id,name_es,name_en,kind,x_m,y_m,step_free,opens,closes
stage_lago,Escenario Lago,Lago Stage,stage,0,0,yes,14:00,04:00
stage_pinar,Escenario Pinar,Pinar Stage,stage,300,0,yes,14:00,04:00
wc_lago,Aseos Lago,Lago Toilets,toilet,50,0,no,14:00,05:00
wca_pinar,Aseo accesible Pinar,Pinar Accessible Toilet,accessible_toilet,280,0,yes,14:00,05:00
bar_lago,Barra Lago,Lago Bar,bar,40,40,yes,14:00,03:00
bar_pinar,Barra Pinar,Pinar Bar,bar,320,40,yes,18:00,02:00
fa_main,Enfermería Mayor,Main First-Aid Post,first_aid,150,20,yes,00:00,24:00
safe_main,Punto Seguro,Safe Point,safe_point,160,30,yes,18:00,04:00
family_main,Punto Familia,Family Point,family,140,30,yes,13:00,23:00
j_centro,Cruce Centro,Centre Crossing,junction,150,0,yes,,
""",
    "paths.csv": """from,to,metres,kind,step_free,width_m,slope_percent,one_way,open_from,open_until
stage_lago,j_centro,150,paved,yes,4,1,no,,
stage_pinar,j_centro,150,paved,yes,4,1,no,,
stage_lago,wc_lago,50,steps,no,3,20,no,,
stage_lago,bar_lago,60,paved,yes,3,1,no,,
stage_pinar,bar_pinar,60,paved,yes,3,1,no,,
stage_pinar,wca_pinar,20,paved,yes,2,1,no,,
j_centro,fa_main,20,paved,yes,3,1,no,,
j_centro,safe_main,30,paved,yes,3,1,no,,
j_centro,family_main,32,paved,yes,3,1,no,,
""",
    "faq.csv": """id,question_es,answer_es,question_en,answer_en
q1,¿Puedo llevar a mi perro?,Solo perros guía con arnés.,Can I bring my dog?,Only guide dogs in a harness.
q2,¿Cuánto cuesta aparcar?,El aparcamiento cuesta 7 € al día.,How much is parking?,Parking costs €7 a day.
q3,¿Dónde hay primeros auxilios?,La Enfermería Mayor atiende siempre. En una urgencia llama al 112.,Where is first aid?,The Main First-Aid Post is always open. In an emergency call 112.
q4,¿Qué hacéis si se pierde un niño?,Avisa a cualquier persona con peto rojo. Los niños encontrados esperan en el Punto Familia.,What happens if a child gets lost?,Tell anyone in a red bib. Found children wait at the Family Point.
q5,"He perdido algo, ¿dónde pregunto?",En la oficina de la entrada de 14:00 a 22:00.,"I have lost something, where do I ask?",At the office at the entrance from 14:00 to 22:00.
""",
    "live.json": """{"as_of": "2024-08-02T20:10:00+02:00", "valid_minutes": 15,
"zones": [{"id": "stage_lago", "occupancy": 900, "capacity": 1000}],
"bar_queues": [{"id": "bar_lago", "minutes": 12}, {"id": "bar_pinar", "minutes": 3}],
"toilet_queues": [{"id": "wc_lago", "minutes": 5}],
"weather": {"temperature_c": 24, "wind_kmh": 10, "gusts_kmh": 19, "rain_probability_percent": 15},
"delays": [{"act_id": "x2", "minutes": 20, "new_start": "2024-08-02T20:50:00+02:00", "new_end": "2024-08-02T21:50:00+02:00", "reason_es": "Viento.", "reason_en": "Wind."}],
"announcements": [{"id": "n1", "time": "2024-08-02T20:05:00+02:00", "text_es": "Se ha encontrado un paraguas rojo; está en la oficina.", "text_en": "A red umbrella was found; it is at the office."}]}
""",
}  # fmt: skip
"""Files of the festival by name."""


def write_festival(folder: Path) -> Path:
    """Write the files into a folder and return it."""
    for name, text in TABLES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder
