// Lantern Street. ink decides WHAT happens; scenes/<id>.yaml decides WHEN.
// Every line has an id (the key of captions and voices) and a speaker; every option has an id.
// All choices are sticky (+): a rewind may offer them again. Text here is that of captions/en.yaml.
// title: global tags also reach the very first line, so they stay clear of the keys scene, id and speaker.
# title: Lantern Street

// She knows that we are coming: tea was taken for her, or the drum was struck.
VAR expected = false

-> lock

=== lock
# scene: lock
Who goes down to the street tonight? # id: lock_A1 # speaker: keeper
One boat. One guest. One flame. # id: lock_A2 # speaker: boatman
Hold the lantern for me. My oar takes both hands. # id: lock_A3 # speaker: boatman
It was lit at my wife's stove. I promised it comes home lit. # id: lock_A4 # speaker: boatman
Faces are gone from her eyes. Light, she still knows. # id: lock_A5 # speaker: boatman
See, there is Lantern Street. One night a year no one sleeps. # id: lock_A6 # speaker: boatman
-> market

=== market
# scene: market
Look at one lantern long enough and it looks back. # id: market_B1 # speaker: boatman
She used to walk this quay and name who made each one. # id: market_B2 # speaker: boatman
Now she asks, how bright is it? I have never found the word. # id: market_B3 # speaker: boatman
A flute, left. A drum, right. Which shall I tell her of? # id: market_B4 # speaker: boatman
Good. Hold it high, they will make way. # id: market_B5 # speaker: boatman
+ [Follow the flute # id: flute # default] -> tea_house
+ [Follow the drum # id: drum] -> drum_tower

=== tea_house
# scene: tea_house
He played at our wedding, and I paid him in fish. # id: tea_C1 # speaker: boatman
That is osmanthus, in the tea. Her name, A-Gui, is that flower. # id: tea_C2 # speaker: boatman
Shen! Still rowing in the dark? # id: tea_C3 # speaker: tea_seller
Not tonight. Tonight someone holds the light. # id: tea_C4 # speaker: boatman
A hot cup for her, or her song, to carry in you? # id: tea_C5 # speaker: tea_seller
Now we have what we came for. # id: tea_C6 # speaker: boatman
+ [Take the cup # id: cup # default]
    ~ expected = true
    -> bridge
+ [Ask for the song # id: song] -> bridge

=== drum_tower
# scene: drum_tower
This drum keeps the hours. Hearts too, if you let it. # id: drum_D1 # speaker: boatman
I proposed to her under it. She heard nothing. She nodded. # id: drum_D2 # speaker: boatman
She hears it from our door, all the way over the water. # id: drum_D3 # speaker: boatman
A stroke from a boat means: I am on my way home. # id: drum_D4 # speaker: boatman
You, with the light! Strike it? # id: drum_D5 # speaker: drummer
Listen. The water keeps it for a while. # id: drum_D6 # speaker: boatman
+ [Strike the drum # id: strike]
    ~ expected = true
    -> bridge
+ [Pass in silence # id: pass # default] -> bridge

=== bridge
# scene: bridge
Low bridge. Cover the flame. Your sleeve, not your breath. # id: bridge_E1 # speaker: boatman
Here is how dark it is for her. # id: bridge_E2 # speaker: boatman
And see how much one flame is. # id: bridge_E3 # speaker: boatman
Still lit? Good. So am I. # id: bridge_E4 # speaker: boatman
-> willow_bend

=== willow_bend
# scene: willow_bend
Quiet now. Only willows here, and they never repeat a thing. # id: willow_F1 # speaker: boatman
Thirty years I steered home by one light. Her window. # id: willow_F2 # speaker: boatman
Now she can't see to light it. So tonight the light comes home. # id: willow_F3 # speaker: boatman
The water parts. You have the light. You choose. # id: willow_F4 # speaker: boatman
She would have gone this way. # id: willow_F5 # speaker: boatman
+ [Into the garden # id: garden] -> garden
+ [Out to the open river # id: river # default] -> end_river
+ {expected} [Straight home # id: home] -> end_home

=== garden
# scene: garden
We planted the third tree the year we had no money. # id: garden_G1 # speaker: boatman
Breathe in: that is her name. A-Gui means osmanthus flower. # id: garden_G2 # speaker: boatman
People send lanterns up here, each one with a single name. # id: garden_G3 # speaker: boatman
She might see it from our door: a light that climbs. # id: garden_G4 # speaker: boatman
But I did promise. Keep it, or let it go? # id: garden_G5 # speaker: boatman
+ [Keep the flame # id: stay # default]
    // Nobody told her: then she has gone out to look for us.
    {expected: -> end_home | -> end_river}
+ [Let it rise # id: release] -> end_lanterns

=== end_river
# scene: end_river
That was the last lamp of all. From here it is the moon's work. # id: river_H1 # speaker: boatman
Wait. There is a light ahead. That is not one of mine. # id: river_H2 # speaker: boatman
She has walked to the jetty. Counting her steps. Alone. # id: river_H3 # speaker: boatman
And I thought it was we who brought the light to her. # id: river_H4 # speaker: boatman
How bright is it out there? # id: river_H5 # speaker: wife
Bright enough. You found us. # id: river_H6 # speaker: boatman
-> END

=== end_lanterns
# scene: end_lanterns
Let go when it pulls. Now. # id: lanterns_I1 # speaker: boatman
There. Hers, then everyone's. # id: lanterns_I2 # speaker: boatman
I said it would come home lit. I did not say by which road. # id: lanterns_I3 # speaker: boatman
She is at the door. Face up. She'll say: that one is ours. # id: lanterns_I4 # speaker: boatman
How bright? Now I can tell her: nobody here is looking down. # id: lanterns_I5 # speaker: boatman
-> END

=== end_home
# scene: end_home
Our lane. Mind the washing. # id: home_J1 # speaker: boatman
The cat knows the hull by sound. So does she. # id: home_J2 # speaker: boatman
You're late. Who is with you? # id: home_J3 # speaker: wife
The one who held the light. # id: home_J4 # speaker: boatman
Go on. Touch your flame to hers. # id: home_J5 # speaker: boatman
Ah. So that is how bright it is. # id: home_J6 # speaker: wife
Come in. We kept you a bowl. # id: home_J7 # speaker: wife
-> END
