"""The Faces page: its tabs, leads, controls and the tab of seeds. Knows no model."""

from __future__ import annotations

TABLE: dict[str, tuple[str, str]] = {
    # -- the page
    "Three networks learned the same faces with the same generator; only how they were taught differs.": (
        "三個網路用同樣的生成器學同樣的人臉；只有教法不同。", "三个网络用同样的生成器学同样的人脸；只有教法不同。"),
    "From seeds": ("由種子生成", "由种子生成"),
    "Blur": ("模糊", "模糊"),
    "Between two faces": ("兩張臉之間", "两张脸之间"),
    "Growing up": ("成長", "成长"),
    "Codes have holes": ("碼之間有洞", "码之间有洞"),
    "Is it memorising?": ("是不是死背？", "是不是死记？"),
    "Train": ("訓練", "训练"),
    "Checkpoints": ("檢查點", "检查点"),
    "No face models are bundled with this copy, so there is nothing to show here.": (
        "這份副本沒有附人臉模型，所以這裡沒有東西可看。", "这份副本没有附带人脸模型，所以这里没有东西可看。"),
    "No face models are bundled with this copy. Train some in the last tab, or name a folder that holds them in "
    "the environment variable PLAYGROUND_CHECKPOINTS.": (
        "這份副本沒有附人臉模型。請在最後一個分頁訓練，或以環境變數 PLAYGROUND_CHECKPOINTS 指定存放模型的資料夾。",
        "这份副本没有附带人脸模型。请在最后一个标签页训练，或用环境变量 PLAYGROUND_CHECKPOINTS 指定存放模型的文件夹。"),
    # -- controls of several tabs
    "First seed": ("第一個種子", "第一个种子"),
    "Second seed": ("第二個種子", "第二个种子"),
    "Hair": ("髮色", "发色"),
    "Eyes": ("眼睛", "眼睛"),
    "any": ("任意", "任意"),
    "aqua": ("水藍", "水蓝"),
    "black": ("黑", "黑"),
    "blonde": ("金", "金"),
    "blue": ("藍", "蓝"),
    "brown": ("棕", "棕"),
    "gray": ("灰", "灰"),
    "green": ("綠", "绿"),
    "orange": ("橙", "橙"),
    "pink": ("粉紅", "粉红"),
    "purple": ("紫", "紫"),
    "red": ("紅", "红"),
    "white": ("白", "白"),
    "yellow": ("黃", "黄"),
    "Walk": ("走一遍", "走一遍"),
    "Save as GIF": ("存成 GIF", "存成 GIF"),
    "Show": ("顯示", "显示"),
    "Decode": ("解碼", "解码"),
    "Look up": ("查找", "查找"),
    "Seed of the choice": ("選圖的種子", "选图的种子"),
    "Seed of the search": ("搜尋的種子", "搜索的种子"),
    "Upload or paste a picture": ("上傳或貼上一張圖", "上传或粘贴一张图"),
    "Hair and eyes": ("髮色與眼睛", "发色与眼睛"),
    "not fixed": ("不固定", "不固定"),
    "as the classifier guesses": ("照分類器的猜測", "按分类器的猜测"),
    "Find the GAN’s closest face": ("找 GAN 最接近的臉", "找 GAN 最接近的脸"),
    "Stop": ("停止", "停止"),
    "Model on the Hub": ("Hub 上的模型", "Hub 上的模型"),
    "user/name": ("user/name", "user/name"),
    "Revision": ("版本", "版本"),
    "newest": ("最新", "最新"),
    "Open": ("開啟", "打开"),
    # -- from seeds
    "Each whole number stands for one latent code, in all models": (
        "每個整數代表一個潛在向量，各模型通用", "每个整数代表一个隐变量，各模型通用"),
    "Roll the dice": ("擲骰子", "掷骰子"),
    "Codes are multiplied by this: near 0 all faces become the mean one, above 1 they become rare ones": (
        "碼會乘上此值：接近 0 時每張臉都變成平均臉，大於 1 時變成少見的臉",
        "码会乘上此值：接近 0 时每张脸都变成平均脸，大于 1 时变成少见的脸"),
    "Truncation": ("截斷", "截断"),
    "AE": ("AE", "AE"),
    "Variational autoencoder": ("變分自編碼器", "变分自编码器"),
    "Look for faces that fall apart: nobody told it where codes lie, nor to heed hair and eyes.": (
        "找散掉的臉：沒有人告訴它碼在哪裡，也沒要它管髮色與眼睛。", "找散掉的脸：没有人告诉它码在哪里，也没要它管发色与眼睛。"),
    "Look for blur: where several faces share a code, it paints their mean.": (
        "找模糊：好幾張臉共用一個碼時，它畫出它們的平均。", "找模糊：好几张脸共用一个码时，它画出它们的平均。"),
    "Look at the edges: they are sharp, since D would tell a blurred face at once.": (
        "看邊緣：很銳利，因為模糊的臉 D 一眼就看得出來。", "看边缘：很锐利，因为模糊的脸 D 一眼就看得出来。"),
    "{title}: press a face to open it": ("{title}：按一張臉就打開它", "{title}：按一张脸就打开它"),
    "The opened face": ("打開的臉", "打开的脸"),
    "Close": ("關閉", "关闭"),
    "The same seed in each model. Press one to move its sliders; their names say what they were measured to "
    "change most in this model’s faces.": (
        "各模型用同一個種子。按其中一張來移動它的滑桿；名稱說的是測得它在此模型的臉上改變最多的東西。",
        "各模型用同一个种子。按其中一张来移动它的滑块；名称说的是测得它在此模型的脸上改变最多的东西。"),
    "Raw dimensions of the code": ("碼的原始維度", "码的原始维度"),
    "Sliders back": ("滑桿歸位", "滑块归位"),
    "PNG {factor}×": ("PNG {factor}×", "PNG {factor}×"),
    "The address of this page holds the face: copy it to share.": (
        "網址裡就有這張臉：複製網址即可分享。", "网址里就有这张脸：复制网址即可分享。"),
    "{count} parameters": ("參數 {count}", "参数 {count}"),
    "{count} multiply-adds a face": ("每張臉乘加 {count}", "每张脸乘加 {count}"),
    "{count} updates": ("{count} 次更新", "{count} 次更新"),
    "{count} faces seen": ("看過 {count} 張臉", "看过 {count} 张脸"),
    "{count} million": ("{count} 百萬", "{count} 百万"),
    "{count} billion": ("{count} 十億", "{count} 十亿"),
    "sharpness {value} of real faces": ("銳利度為真實臉的 {value}", "锐利度为真实脸的 {value}"),
    "Brightness": ("亮度", "亮度"),
    "Warmth": ("暖色", "暖色"),
    "Contrast": ("對比", "对比"),
    "Colour": ("色彩", "色彩"),
    "Light from the right": ("右側光", "右侧光"),
    "Light from below": ("下方光", "下方光"),
    "Skin": ("膚色", "肤色"),
    "Sharpness": ("銳利度", "锐利度"),
    "Direction {number}": ("方向 {number}", "方向 {number}"),
    "A direction the network answers strongly to; what it does has no simple name.": (
        "網路反應強烈的方向；它做的事沒有簡單的名稱。", "网络反应强烈的方向；它做的事没有简单的名称。"),
    "Named by measuring: from -2 to +2 it grows by {effect} standard deviations of faces.": (
        "名稱由測量而來：從 -2 到 +2，它增加 {effect} 個標準差。", "名称由测量而来：从 -2 到 +2，它增加 {effect} 个标准差。"),
    "The server does not answer; what is shown stays as it is. Try again in a moment.": (
        "伺服器沒有回應；畫面維持原樣。請稍後再試。", "服务器没有响应；画面保持原样。请稍后再试。"),
    "Others are served first: {count} wishes for faces are under way or in line. Yours comes by itself.": (
        "伺服器正在處理其他人的要求：共有 {count} 個人臉的要求在處理或排隊。輪到時會自動顯示。",
        "服务器正在处理其他人的请求：共有 {count} 个人脸的请求在处理或排队。轮到时会自动显示。"),
    "Trying what each direction does to sixteen faces …": (
        "正在用十六張臉試每個方向的效果…", "正在用十六张脸试每个方向的效果…"),
    "{title}, seed {seed}: open this face": ("{title}，種子 {seed}：打開這張臉", "{title}，种子 {seed}：打开这张脸"),
    "Face of seed {face}, generated by the {model}": ("{model} 由種子 {face} 生成的臉", "{model} 由种子 {face} 生成的脸"),
    "One number of the latent code": ("潛在向量的一個數", "隐变量的一个数"),
    "Seed {face}, {model}": ("種子 {face}，{model}", "种子 {face}，{model}"),
    # -- checkpoints
    "The models of this copy, and any other that this project’s training published on the Hub.": (
        "這份副本的模型，以及任何由本專案訓練並發佈到 Hub 的模型。", "这份副本的模型，以及任何由本项目训练并发布到 Hub 的模型。"),
    "Bundled with this copy": ("這份副本附帶的", "这份副本附带的"),
    "learned as": ("學法", "学法"),
    "faces seen": ("看過的臉", "看过的脸"),
    "megabytes": ("MB", "MB"),
    "Fréchet distance": ("Fréchet 距離", "Fréchet 距离"),
    "licence": ("授權", "许可"),
    "non-commercial": ("非商業", "非商业"),
    "Fréchet distance in the features of the bundled classifier; real faces against real ones read {floor}.": (
        "在所附分類器的特徵上的 Fréchet 距離；真實臉對真實臉為 {floor}。", "在所附分类器的特征上的 Fréchet 距离；真实脸对真实脸为 {floor}。"),
    "Fréchet distance in the features of the bundled classifier.": (
        "在所附分類器的特徵上的 Fréchet 距離。", "在所附分类器的特征上的 Fréchet 距离。"),
    "To publish a model that you trained: python -m playground push runs/faces --repo user/name, with your token "
    "in HF_TOKEN. It uploads the weights, the timeline, a model card and a preview.": (
        "要發佈你訓練的模型：python -m playground push runs/faces --repo user/name，權杖放在 HF_TOKEN。"
        "它會上傳權重、時間軸、模型卡與預覽圖。",
        "要发布你训练的模型：python -m playground push runs/faces --repo user/name，令牌放在 HF_TOKEN。"
        "它会上传权重、时间轴、模型卡与预览图。"),
    "{name}, {kind}": ("{name}，{kind}", "{name}，{kind}"),
    "Eight faces of {title}": ("{title} 的八張臉", "{title} 的八张脸"),
    "Seeds {first} to {last}. Recipe {recipe}, {updates} updates, {seen} faces seen, {parameters} parameters.": (
        "種子 {first} 到 {last}。配方 {recipe}，{updates} 次更新，看過 {seen} 張臉，{parameters} 個參數。",
        "种子 {first} 到 {last}。配方 {recipe}，{updates} 次更新，看过 {seen} 张脸，{parameters} 个参数。"),
}  # fmt: skip
